// Says when what a page shows is not live any more. htmx does the rest.
(() => {
  const state = document.getElementById("live");
  const stale = document.getElementById("stale");
  if (!state) return;
  const on = state.textContent;
  const lost = () => {
    if (state.classList.contains("off")) return;
    const now = new Date().toTimeString().slice(0, 5);
    state.classList.add("off");
    state.textContent = state.dataset.off.replace("{time}", now);
    stale.hidden = false;
  };
  const back = () => {
    state.classList.remove("off");
    state.textContent = on;
    stale.hidden = true;
  };
  document.addEventListener("htmx:sse:error", lost);
  document.addEventListener("htmx:sse:close", lost);
  document.addEventListener("htmx:sse:after:connection", (event) => {
    if (event.detail.connection.status === 200) back();
  });
  document.addEventListener("htmx:response:error", lost);
})();

// Puts a text that is chosen into a field, where the server would do it without a script.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-fill]");
  if (!button) return;
  event.preventDefault();
  const field = document.getElementById(button.dataset.fill);
  const text = document.getElementById(button.dataset.from).selectedOptions[0].dataset.text;
  field.value = field.value.trim() ? `${field.value.trimEnd()}\n${text}` : text;
  field.focus();
});

// Completes the last part of an audience: what is offered begins with what stands before it.
for (const field of document.querySelectorAll("[data-audience]")) {
  const parts = [...field.list.options].map((option) => option.value);
  field.addEventListener("input", () => {
    const before = /^.*(?:\b(?:and|or|not)\s+|\()/.exec(field.value)?.[0] ?? "";
    field.list.replaceChildren(...parts.map((part) => new Option("", before + part)));
  });
}
