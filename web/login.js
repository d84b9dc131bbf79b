/** The page of those whose browser has no token yet. */
const problem = document.getElementById("problem");

document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  try {
    const response = await fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: document.getElementById("token").value.trim() }),
    });
    if (response.ok) return location.reload();
    problem.textContent = (await response.json()).detail;
  } catch {
    problem.textContent = "The server cannot be reached";
  }
});
