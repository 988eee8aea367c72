/* Draws the centre's pages anew while they are looked at: the same address is asked for again and its <main> put in place. A page
 * that gets no answer says that it is not current; one whose session is over goes to the sign-in. */

const TRIES = 3; // without an answer, and the page says so
const LOOK_MS = 1_000;

const main = () => document.querySelector("main");
const silence = document.querySelector(".silence");
const seconds = Number(document.body.dataset.refresh);
let missed = 0;
let waited = 0;

/** Whether a person is typing or choosing: what they have typed must not be drawn over. */
const isBusy = () =>
  main().contains(document.activeElement) && document.activeElement.matches("input, select, textarea") || main().querySelector("input:checked");

/** Where the reader is in the page, to be there again. */
function place() {
  const scrolled = [...document.querySelectorAll(".scrolled")].map((part) => [part.scrollLeft, part.scrollTop]);
  const focused = document.activeElement?.getAttribute("href");
  return () => {
    document.querySelectorAll(".scrolled").forEach((part, nth) => {
      if (scrolled[nth]) part.scrollTo(...scrolled[nth]);
    });
    if (focused) main().querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  };
}

async function draw() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(seconds * 1_000) });
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    missed = 0;
    if (!isBusy()) {
      const back = place();
      main().replaceChildren(...found.childNodes);
      back();
    }
  } catch {
    missed += 1;
  }
  silence.hidden = missed < TRIES;
  document.body.classList.toggle("stale", missed >= TRIES);
}

if (seconds > 0) {
  setInterval(() => {
    waited += LOOK_MS / 1_000;
    if (waited < seconds || document.hidden) return;
    waited = 0;
    draw();
  }, LOOK_MS);
}

/* A wall holds four: what is chosen beyond it cannot be. */
const WALL = 4;
document.addEventListener("change", () => {
  const boxes = [...document.querySelectorAll("input[name=site]")];
  const full = boxes.filter((box) => box.checked).length >= WALL;
  for (const box of boxes) box.disabled = full && !box.checked;
});
