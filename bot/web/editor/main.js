// The editor of flows and broadcasts. It takes the place of <textarea data-editor> and keeps it in
// step, so that the form around it works as it does without a script. What is wrong with the text,
// and what comes of it, the server says: the answer to a check is parts of the page.
import {EditorState, Prec} from "@codemirror/state"
import {
  EditorView, keymap, lineNumbers, highlightActiveLine, highlightActiveLineGutter, drawSelection, hoverTooltip,
} from "@codemirror/view"
import {defaultKeymap, history, historyKeymap} from "@codemirror/commands"
import {yaml} from "@codemirror/lang-yaml"
import {
  syntaxHighlighting, HighlightStyle, indentUnit, foldGutter, foldKeymap, bracketMatching,
} from "@codemirror/language"
import {linter, lintGutter, lintKeymap, forceLinting} from "@codemirror/lint"
import {autocompletion, completionKeymap} from "@codemirror/autocomplete"
import {searchKeymap, highlightSelectionMatches} from "@codemirror/search"
import {unifiedMergeView} from "@codemirror/merge"
import {tags} from "@lezer/highlight"

const look = EditorView.theme({
  "&": {color: "var(--ink)", backgroundColor: "var(--sur)", fontSize: "13px", border: "1px solid var(--edge)", borderRadius: "6px"},
  "&.cm-focused": {outline: "3px solid var(--acc)", outlineOffset: "2px"},
  ".cm-scroller": {fontFamily: "ui-monospace, monospace", lineHeight: "1.6", maxBlockSize: "70vh", minBlockSize: "14rem"},
  ".cm-content": {caretColor: "var(--ink)"},
  ".cm-cursor": {borderInlineStartColor: "var(--ink)"},
  ".cm-gutters": {backgroundColor: "var(--sur)", color: "var(--mut)", border: "0"},
  ".cm-activeLine, .cm-activeLineGutter": {backgroundColor: "var(--tint)"},
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {backgroundColor: "var(--edge)", opacity: ".45"},
  ".cm-tooltip, .cm-panels": {color: "var(--ink)", backgroundColor: "var(--sur)", border: "1px solid var(--edge)", borderRadius: "6px"},
  ".cm-tooltip": {maxInlineSize: "30rem", fontSize: "13px"},
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {backgroundColor: "var(--acc)", color: "var(--on)"},
  ".cm-completionInfo, .cm-about": {padding: ".5rem .75rem", whiteSpace: "pre-line", fontFamily: "system-ui, sans-serif"},
  ".cm-diagnostic": {fontFamily: "system-ui, sans-serif"},
  ".cm-diagnostic-error": {borderInlineStart: "4px solid var(--bad)"},
  ".cm-diagnostic-warning": {borderInlineStart: "4px solid var(--warn)"},
  ".cm-lintRange-error": {backgroundImage: "none", textDecoration: "underline wavy var(--bad)"},
  ".cm-lintRange-warning": {backgroundImage: "none", textDecoration: "underline wavy var(--warn)"},
  ".cm-panel input, .cm-panel button": {font: "inherit", color: "inherit", background: "var(--sur)", border: "1px solid var(--edge)"},
  ".cm-changedLine": {backgroundColor: "var(--tint) !important"},
  ".cm-deletedChunk": {backgroundColor: "var(--bb) !important"},
  ".cm-foldPlaceholder": {backgroundColor: "var(--sunk)", color: "var(--mut)", border: "0"},
})

const colours = HighlightStyle.define([
  {tag: [tags.comment, tags.lineComment], color: "var(--mut)"},
  {tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--acc)"},
  {tag: [tags.keyword, tags.bool, tags.number], color: "var(--warn)"},
  {tag: tags.separator, color: "var(--mut)"},
])

// A key on a line, with the dash of a list before it.
const keyOf = (line) => /^(\s*)(- +)?([\w-]+)\s*:/.exec(line)
const indentOf = (line) => /^\s*/.exec(line)[0].length

// The names of the keys above a line, as a path: ["states", "place", "when", "[]"].
function pathAbove(doc, number, indent) {
  const path = []
  let below = indent
  for (let n = number - 1; n >= 1 && below > 0; n--) {
    const line = doc.line(n).text
    if (!line.trim() || line.trim().startsWith("#")) continue
    const key = keyOf(line)
    if (!key) continue
    const dash = key[1].length
    const at = dash + (key[2] || "").length
    if (key[2] && below === at) { // a later key of the same item
      path.unshift("[]")
      below = dash
      continue
    }
    if (at < below) {
      if (path[0] === "[]" || !key[2]) path.unshift(key[3])
      else path.unshift("[]", key[3])
      below = key[2] ? dash : at
    }
  }
  return path
}

// The path of the key on a line.
function pathOf(doc, number) {
  const key = keyOf(doc.line(number).text)
  if (!key) return null
  const indent = key[1].length + (key[2] || "").length
  const path = pathAbove(doc, number, key[2] ? key[1].length : indent)
  if (key[2] && path[path.length - 1] !== "[]") path.push("[]")
  return [...path, key[3]]
}

const segments = (path) => path.replaceAll("[]", ".[]").split(".")
const fits = (pattern, path) => pattern.length === path.length && pattern.every((p, i) => p === "*" || p === path[i])

// The states that a text has.
function statesIn(doc) {
  const found = []
  let inside = false, indent = 0
  for (let n = 1; n <= doc.lines; n++) {
    const line = doc.line(n).text
    if (/^\S/.test(line) && !line.startsWith("#")) inside = /^states\s*:/.test(line)
    else if (inside) {
      const key = keyOf(line)
      if (key && (!indent || indent === key[1].length)) {
        indent = key[1].length
        found.push(key[3])
      }
    }
  }
  return found
}

function completer(hints) {
  const keys = hints.keys.map((k) => ({...k, at: segments(k.path)}))
  const states = (doc) => [...new Set([...statesIn(doc), ...hints.states])]
    .map((label) => ({label, type: "class", info: (hints.explained[label] || []).join("\n")}))
  return (context) => {
    const {doc} = context.state
    const line = doc.lineAt(context.pos)
    const before = line.text.slice(0, context.pos - line.from)
    let m = /\{([a-z_]*)$/.exec(before)
    if (m && /["':]/.test(before)) {
      return {from: context.pos - m[1].length, options: hints.placeholders.map((label) => ({label, type: "variable", apply: label + "}"}))}
    }
    if (/^\s*audience\s*:/.test(before)) {
      m = /[\w-]*$/.exec(before)
      const words = [...Object.keys(hints.preferences), ...Object.values(hints.preferences).flat().map((v) => `"${v}"`), ...hints.tags.map((v) => `"${v}"`)]
      return {from: context.pos - m[0].length, options: words.map((label) => ({label, type: "variable"}))}
    }
    m = /^(\s*)(- +)?([\w-]*)$/.exec(before)
    if (m && (context.explicit || m[3])) {
      const path = pathAbove(doc, line.number, m[2] ? m[1].length : m[1].length + (m[2] || "").length)
      if (m[2] && path[path.length - 1] !== "[]") path.push("[]")
      const options = keys.filter((k) => k.at.length === path.length + 1 && fits(k.at.slice(0, -1), path) && !["*", "[]"].includes(k.at.at(-1)))
        .map((k) => ({label: k.at.at(-1), type: "property", apply: k.at.at(-1) + ": ", info: k.about, boost: k.required ? 1 : 0}))
      const own = keys.find((k) => fits(k.at, path))
      if (own && ["text", "words", "label"].includes(own.shape)) {
        options.push(...(hints.languages || []).map((label) => ({label, type: "keyword", apply: label + ": "})))
      }
      return options.length ? {from: context.pos - m[3].length, options} : null
    }
    m = /^\s*(?:- +)?[\w-]+\s*:\s+([\w-]*)$/.exec(before) || /goto:\s*([\w-]*)$/.exec(before)
    if (!m) return null
    const path = pathOf(doc, line.number)
    const key = /goto:\s*[\w-]*$/.test(before) ? {shape: "state"} : path && keys.find((k) => fits(k.at, path))
    let options = []
    if (key?.shape === "state") options = states(doc)
    else if (key?.one_of) options = key.one_of.map((label) => ({label, type: "enum"}))
    else if (key?.shape === "bool") options = ["true", "false"].map((label) => ({label, type: "enum"}))
    return options.length ? {from: context.pos - m[1].length, options} : null
  }
}

// What the word under the pointer means: a key, or a state.
function hover(hints) {
  return hoverTooltip((view, pos) => {
    const keys = hints.keys.map((k) => ({...k, at: segments(k.path)}))
    const word = view.state.wordAt(pos)
    if (!word) return null
    const text = view.state.sliceDoc(word.from, word.to)
    const line = view.state.doc.lineAt(pos)
    const path = pathOf(view.state.doc, line.number)
    let says = ""
    const key = keyOf(line.text)
    if (path && key && key[3] === text && word.to <= line.from + key[0].length) {
      const known = keys.find((k) => fits(k.at, path))
      says = known && known.at.at(-1) !== "*" ? known.about : ""
    }
    if (!says && hints.explained[text]) says = hints.explained[text].join("\n")
    if (!says) return null
    return {pos: word.from, end: word.to, above: true, create: () => {
      const dom = document.createElement("div")
      dom.className = "cm-about"
      dom.textContent = says
      return {dom}
    }}
  })
}

function edit(area) {
  const form = area.form
  const data = area.dataset
  const says = document.getElementById(data.says) // "Not saved", "Saved"
  let saved = area.defaultValue
  let asking = null

  // Sends the text, and puts what comes back in the place of the parts with the same ids.
  async function ask(where) {
    asking?.abort()
    asking = new AbortController()
    const response = await fetch(where, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: {"X-Part": "1"}, signal: asking.signal,
    })
    if (!response.ok) throw new Error(response.status)
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    for (const part of page.querySelectorAll("[data-part]")) {
      document.getElementById(part.id)?.replaceWith(document.importNode(part, true))
    }
  }

  async function check(view) {
    const text = view.state.doc
    try {
      await ask(data.check)
    } catch (error) {
      if (error.name !== "AbortError") says.textContent = data.failed
      return []
    }
    const found = []
    for (const p of document.querySelectorAll("[data-line][data-col]")) {
      const line = text.line(Math.min(Math.max(1, +p.dataset.line), text.lines))
      const chars = [...line.text]
      const from = Math.min(line.to, line.from + chars.slice(0, p.dataset.col - 1).join("").length)
      const word = /^[\w-]+|^./u.exec(line.text.slice(from - line.from))
      found.push({from, to: from + (word ? word[0].length : 0), severity: p.dataset.severity, message: p.dataset.message})
    }
    if (found.every((p) => p.severity !== "error") && data.test) later(() => ask(data.test))
    return found
  }
  let waiting = 0
  const later = (what) => {
    clearTimeout(waiting)
    waiting = setTimeout(() => what().catch(() => {}), 1500)
  }

  const changed = EditorView.updateListener.of((update) => {
    if (!update.docChanged) return
    clearTimeout(waiting)
    area.value = update.state.doc.toString()
    says.textContent = area.value === saved ? "" : data.dirty
  })
  const hints = {keys: [], states: [], explained: {}, placeholders: [], preferences: {}, tags: [], languages: []}
  const extensions = [
    lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), bracketMatching(), highlightActiveLine(),
    highlightActiveLineGutter(), highlightSelectionMatches(), yaml(), indentUnit.of("  "), EditorState.tabSize.of(2),
    syntaxHighlighting(colours), look, EditorView.lineWrapping, changed,
    EditorView.contentAttributes.of({"aria-label": data.label, tabindex: "0", spellcheck: "false", autocapitalize: "off", autocorrect: "off"}),
    autocompletion({override: [(context) => completer(hints)(context)], activateOnTyping: true}),
    hover(hints),
    linter(check, {delay: 400}),
    // Enter inside a text is a line; Mod-s saves. Tab leaves the editor.
    Prec.high(keymap.of([{key: "Mod-s", run: () => { form.requestSubmit(form.querySelector("[data-save]")); return true }}])),
    keymap.of([...completionKeymap, ...lintKeymap, ...searchKeymap, ...foldKeymap, ...historyKeymap, ...defaultKeymap]),
  ]
  if (area.hasAttribute("readonly")) extensions.push(EditorState.readOnly.of(true), EditorView.editable.of(false))
  const theirs = document.getElementById(data.theirs)
  if (theirs) {
    extensions.push(unifiedMergeView({original: theirs.value, mergeControls: true}))
    saved = theirs.value
  }

  // The styles of the editor are set inside a shadow root, where the policy of the page lets them.
  const host = document.createElement("div")
  host.className = "editor"
  const root = host.attachShadow({mode: "open"})
  area.after(host)
  const view = new EditorView({state: EditorState.create({doc: area.value, extensions}), parent: root, root})
  area.hidden = true
  if (area.value !== saved) says.textContent = data.dirty
  forceLinting(view)

  fetch(data.hints).then((r) => r.json()).then((known) => Object.assign(hints, known)).catch(() => {})
  form.addEventListener("submit", () => { saved = area.value })
  addEventListener("beforeunload", (event) => { if (area.value !== saved) event.preventDefault() })

  // A state in the picture, and a problem in the list, lead to their line.
  document.addEventListener("click", (event) => {
    const to = event.target.closest?.("[data-goto]")
    if (!to) return
    event.preventDefault()
    const line = view.state.doc.line(Math.min(Math.max(1, +to.dataset.goto), view.state.doc.lines))
    view.dispatch({selection: {anchor: line.from}, effects: EditorView.scrollIntoView(line.from, {y: "center"})})
    view.focus()
  })
}

for (const area of document.querySelectorAll("textarea[data-editor]")) edit(area)
