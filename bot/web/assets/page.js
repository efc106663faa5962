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

// Asks in a dialog what else has a page of its own: what that page asks is taken from it. Where it asks
// nothing, or does not come, the browser goes to it. What is refused then is asked again there.
(() => {
  const asked = (page) => {
    const whole = new DOMParser().parseFromString(page, "text/html");
    const section = whole.querySelector("main > section:has(form)");
    const title = whole.querySelector("main h1");
    if (!section || !title) return null;
    const heading = document.createElement("h2");
    heading.id = "dialog-h";
    heading.append(...title.childNodes);
    title.remove();
    const refused = whole.getElementById("refused");
    return [heading, ...(refused ? [refused] : []), ...section.childNodes];
  };
  const focus = (dialog) =>
    (dialog.querySelector("input:not([type=hidden]), textarea, select") ?? dialog.querySelector("#refused") ?? dialog.querySelector("[data-back]"))?.focus();

  const shows = (page, address, opener) => {
    const content = asked(page);
    if (!content) return false;
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "dialog-h");
    dialog.append(...content);
    dialog.addEventListener("click", (event) => {
      if (!event.target.closest("[data-back]")) return;
      event.preventDefault();
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      const same = [...document.querySelectorAll("a[data-dialog]")].find((link) => link.href === address);
      (opener.isConnected ? opener : same)?.focus(); // what is live may have put another one in its place
    });
    document.body.append(dialog);
    dialog.showModal();
    focus(dialog);
    return true;
  };

  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-dialog]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (document.querySelector("dialog[open]")) return;
    const answer = await fetch(link.href).catch(() => null);
    if (!answer?.ok || answer.redirected || !shows(await answer.text(), link.href, link)) location.assign(link.href);
  });

  // Whoever comes back to this page is not asked what was answered already.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelector("dialog[aria-busy=true]")?.remove();
  });

  let plainly = false; // a form is sent as without a script

  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter, dialog = form.closest("dialog");
    if (!dialog || plainly) return;
    event.preventDefault();
    if (dialog.ariaBusy === "true") return;
    dialog.ariaBusy = "true";
    const sent = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(button?.getAttribute("formaction") ?? form.getAttribute("action"), { method: "POST", body: sent }).catch(() => null);
    if (answer?.redirected) {
      location.assign(answer.url); // the dialog stays busy until the other page is there
      return;
    }
    dialog.ariaBusy = "false";
    const content = answer && !answer.ok ? asked(await answer.text()) : null;
    if (content) {
      dialog.replaceChildren(...content);
      focus(dialog);
      return;
    }
    plainly = true;
    form.requestSubmit(button);
    plainly = false;
  });

  // A form that is saved before it is asked about, as the flow is before it is published.
  document.addEventListener("submit", async (event) => {
    const button = event.submitter, form = event.target;
    if (!button?.matches("button[data-dialog]") || plainly) return;
    event.preventDefault();
    const sent = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, { method: "POST", body: sent }).catch(() => null);
    form.elements.once.value = crypto.getRandomValues(new Uint32Array(4)).join("-"); // the next press is another one
    const asks = answer?.ok && new URL(answer.url).pathname.endsWith(button.dataset.dialog);
    if (asks && shows(await answer.text(), answer.url, button)) {
      form.elements.version.value = document.querySelector("dialog [name=version]")?.value ?? form.elements.version.value;
      return;
    }
    plainly = true;
    form.requestSubmit(button);
    plainly = false;
  });
})();
