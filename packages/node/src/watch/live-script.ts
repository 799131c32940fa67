/**
 * @file What runs in the page of a run that is served: asks for the page again whenever the server says that there is
 * something new, and puts its content in place of the old. The reader's language and place on the page stay.
 */
export const LIVE_SCRIPT = `"use strict";
const events = new EventSource("/events");
let busy = false;
let again = false;
async function renew() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch("/report");
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("report");
      const old = document.getElementById("report");
      if (fresh && old) old.replaceWith(document.adoptNode(fresh));
    }
  } finally {
    busy = false;
    if (again) { again = false; renew(); }
  }
}
events.addEventListener("report", renew);
events.addEventListener("end", () => { events.close(); document.body.classList.add("lost"); });
events.addEventListener("open", () => document.body.classList.remove("lost"));
events.addEventListener("error", () => document.body.classList.add("lost"));
`;
