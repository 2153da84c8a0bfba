// The page inside Shopify's admin: proves to our server who looks, and says what it answered.
// App Bridge makes the proof; it is good for a minute and is fetched anew each time.
(async () => {
  const said = document.getElementById("said");
  const say = (text) => {
    said.textContent = text;
  };
  try {
    const token = await window.shopify.idToken();
    const answer = await fetch(said.dataset.session, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
    });
    const told = await answer.json();
    if (!answer.ok) {
      say(told.detail);
      return;
    }
    say(`${told.name} is connected.`);
    const notes = document.getElementById("notes");
    for (const note of told.notes) {
      notes.append(Object.assign(document.createElement("li"), { textContent: note }));
    }
    notes.hidden = !told.notes.length;
    document.getElementById("overview").href = told.overview;
    document.getElementById("next").hidden = false;
    document.getElementById("log_in").href = told.log_in;
    document.getElementById("own").hidden = !told.log_in;
  } catch {
    say("Shopify or this server did not answer. Reload the page.");
  }
})();
