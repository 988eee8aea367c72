/* A press by a finger that trembles: down … up inside the target counts, however far it wandered.
 * A `click` is lost after 15 px of drift; many who need a hall the most drift 40. Feedback comes on the
 * way down, locally, and keyboards and screen readers press the same button. */

const MARGIN = 16; // px around a target that still belong to it: fingertips are wider than they look

export function press(button, act) {
  let finger = null;
  const release = () => {
    finger = null;
    button.classList.remove("pressed");
  };
  button.addEventListener("pointerdown", (event) => {
    if (button.disabled || event.button) return;
    finger = event.pointerId;
    button.setPointerCapture(event.pointerId);
    button.classList.add("pressed");
  });
  button.addEventListener("pointerup", (event) => {
    const counts = finger === event.pointerId && inside(button, event);
    release();
    if (counts) act(event);
  });
  button.addEventListener("pointercancel", release);
  button.addEventListener("click", (event) => event.detail === 0 && act(event));
}

function inside(button, event) {
  const box = button.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x >= box.left - MARGIN && x <= box.right + MARGIN && y >= box.top - MARGIN && y <= box.bottom + MARGIN;
}
