"use strict";

const find = (id) => document.getElementById(id);
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const path = (model) => `v2/models/${encodeURIComponent(model.name)}`
  + (model.version ? `/versions/${encodeURIComponent(model.version)}` : "");
/** A word quoted for a shell. */
const quoted = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

let token = "";
let models = [];
let current = null;

/** Sends a request to the server. Errors have the server's message. */
async function ask(address, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(address, { ...options, headers, cache: "no-store" });
  } catch {
    throw new Error("the server does not respond");
  }
  if (response.status === 401) find("access").hidden = false;
  const text = await response.text();
  if (!response.ok) {
    let reason = text;
    try { reason = JSON.parse(text).error ?? text; } catch { /* The text is the message. */ }
    throw new Error(`${response.status}: ${reason || response.statusText}`);
  }
  return (response.headers.get("content-type") ?? "").includes("json") ? JSON.parse(text) : text;
}

function fail(error) {
  find("error").hidden = false;
  find("error").textContent = error.message;
}

function succeed() {
  find("error").hidden = true;
}

async function loadServer() {
  try {
    const server = await ask("v2");
    find("server").textContent = `${server.name} ${server.version} on ${location.host}`;
    const index = await ask("v2/repository/index", { method: "POST", body: "{}" });
    find("access").hidden = true;
    models = index.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  } catch (error) {
    find("server").textContent = error.message;
    return;
  }
  const versions = models.reduce((counts, model) => counts.set(model.name, (counts.get(model.name) ?? 0) + 1), new Map());
  find("models").replaceChildren(...models.map((model) => {
    const state = model.state === "READY" ? "" : model.state.toLowerCase();
    const several = versions.get(model.name) > 1 && model.version ? `version ${model.version}` : "";
    const note = [several, state].filter(Boolean).join(", ");
    const link = element("a", { href: `#${encodeURIComponent(model.name)}/${encodeURIComponent(model.version)}` }, model.name);
    if (note) link.append(element("small", { textContent: note }));
    return element("li", {}, link);
  }));
  find("no-models").hidden = models.length > 0;
  await show(false);
}

/** Shows the model in the address, or the first one. */
async function show(isAsked) {
  const [name, version] = location.hash.slice(1).split("/").map(decodeURIComponent);
  current = models.find((model) => model.name === name && model.version === (version ?? model.version))
    ?? models.find((model) => model.state === "READY") ?? models[0] ?? null;
  find("model").hidden = !current;
  if (!current) return;
  [...find("models").querySelectorAll("a")].forEach((link, index) => {
    if (models[index] === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  const shown = current;
  find("model-title").textContent = current.name;
  find("state").textContent = [current.version && `version ${current.version}`, current.state.toLowerCase(), current.reason]
    .filter(Boolean).join(", ");
  for (const id of ["labels", "outputs", "inputs", "tensors"]) find(id).replaceChildren();
  find("preview").hidden = find("same").hidden = true;
  find("form").hidden = find("picture").hidden = true;
  succeed();
  if (isAsked) find("model").focus();
  await loadCounters();
  if (current.state !== "READY") return;
  try {
    const metadata = await ask(path(current));
    if (shown !== current) return;
    current.metadata = metadata;
    const row = (tensor, direction) => element("tr", {},
      element("td", { textContent: tensor.name }), element("td", { textContent: direction }),
      element("td", { textContent: tensor.datatype }), element("td", { textContent: sizes(tensor.shape) }));
    find("tensors").replaceChildren(
      ...metadata.inputs.map((tensor) => row(tensor, tensor.parameters?.optional ? "optional input" : "input")),
      ...metadata.outputs.map((tensor) => row(tensor, "output")));
    find("inputs").replaceChildren(...metadata.inputs.map(inputFields));
    find("form").hidden = false;
    await ask(`${path(current)}/classify`).then(() => { if (shown === current) find("picture").hidden = false; }, () => {});
  } catch (error) {
    if (shown === current) fail(error);
  }
}

const sizes = (shape) => shape.length ? shape.map((size) => size < 0 ? "?" : size).join(" × ") : "a single number";

function inputFields(tensor, index) {
  const shape = element("input", { type: "text", id: `shape-${index}`, inputMode: "numeric", autocomplete: "off",
    value: tensor.shape.map((size) => size < 0 ? 1 : size).join(", ") });
  const fill = element("select", { id: `fill-${index}` },
    ...["random", "zeros", "ones", "numbers"].map((name) => element("option", { value: name, textContent: name })));
  const data = element("textarea", { id: `data-${index}`, spellcheck: false, placeholder: "0.5, 1, …  or nested lists" });
  const box = element("div", { hidden: true }, element("label", { htmlFor: data.id, textContent: "numbers in row-major order" }), data);
  fill.addEventListener("change", () => { box.hidden = fill.value !== "numbers"; });
  return element("fieldset", {}, element("legend", { textContent: `${tensor.name}  ${tensor.datatype}` }),
    element("div", { className: "pair" },
      element("div", {}, element("label", { htmlFor: shape.id, textContent: "shape" }), shape),
      element("div", {}, element("label", { htmlFor: fill.id, textContent: "elements" }), fill)), box);
}

/** The tensor described by the fields of an input. */
function inputTensor(tensor, index) {
  const shape = find(`shape-${index}`).value.split(/[\s,×x]+/).filter(Boolean).map(Number);
  if (shape.some((size) => !Number.isSafeInteger(size) || size < 0)) throw new Error(`the shape of ${tensor.name} must be a list of integers`);
  const count = shape.reduce((product, size) => product * size, 1);
  const fill = find(`fill-${index}`).value;
  let data;
  if (fill === "numbers") {
    const text = find(`data-${index}`).value.trim();
    try {
      data = JSON.parse(text.startsWith("[") ? text : `[${text}]`).flat(Infinity);
    } catch {
      throw new Error(`the numbers of ${tensor.name} are not a comma-separated list`);
    }
  } else {
    if (count > 5e6) throw new Error(`${tensor.name} would have ${count} elements, more than this page supports`);
    const isBool = tensor.datatype === "BOOL", isInteger = /INT/.test(tensor.datatype);
    const number = { zeros: () => 0, ones: () => 1, random: () => isInteger || isBool ? Math.floor(Math.random() * 2)
      : Math.round((Math.random() * 2 - 1) * 1e4) / 1e4 }[fill];
    data = Array.from({ length: count }, () => isBool ? Boolean(number()) : number());
  }
  return { name: tensor.name, shape, datatype: tensor.datatype, data };
}

/** Shows the time of a request, and the equivalent shell command. */
function showSame(milliseconds, words) {
  find("same").hidden = false;
  find("time").textContent = `${milliseconds.toFixed(1)} ms, including the round trip to the server`;
  if (token) words.splice(1, 0, "-H", "Authorization: Bearer $TOKEN");
  find("curl").textContent = words.map((word) => word.includes("$TOKEN") ? `"${word}"` : quoted(word)).join(" ");
}

const address = (rest) => new URL(rest, document.baseURI).href.split("#")[0];

async function classify(file) {
  if (!file || !current) return;
  const shown = current;
  succeed();
  find("labels").replaceChildren();
  const preview = find("preview");
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(file);
  preview.hidden = false;
  preview.alt = file.name;
  const rest = `${path(current)}/classify?top=5`;
  try {
    const begin = performance.now();
    const answer = await ask(rest, { method: "POST", body: file, headers: { "content-type": file.type || "application/octet-stream" } });
    const milliseconds = performance.now() - begin;
    if (shown !== current) return;
    find("labels").replaceChildren(...answer.classes.map(({ label, probability }) => {
      const bar = element("li", {}, element("span", { textContent: label }),
        element("span", { textContent: probability === null ? "NaN" : `${(probability * 100).toFixed(1)} %` }));
      bar.style.setProperty("--share", Math.min(Math.max(probability ?? 0, 0), 1));
      return bar;
    }));
    showSame(milliseconds, ["curl", "--data-binary", `@${file.name}`, address(rest)]);
  } catch (error) {
    if (shown === current) fail(error);
  }
  await loadCounters();
}

async function run() {
  const shown = current;
  succeed();
  find("outputs").replaceChildren();
  find("run").disabled = true;
  try {
    const optional = (tensor, index) => tensor.parameters?.optional && find(`fill-${index}`).value === "numbers" && !find(`data-${index}`).value.trim();
    const inputs = current.metadata.inputs.flatMap((tensor, index) => optional(tensor, index) ? [] : [inputTensor(tensor, index)]);
    const body = JSON.stringify({ inputs });
    const rest = `${path(current)}/infer`;
    const begin = performance.now();
    const answer = await ask(rest, { method: "POST", body, headers: { "content-type": "application/json" } });
    const milliseconds = performance.now() - begin;
    if (shown !== current) return;
    find("outputs").replaceChildren(...answer.outputs.flatMap(outputText));
    const isShort = body.length <= 2000;
    showSame(milliseconds, ["curl", "-H", "Content-Type: application/json", ...(isShort ? ["-d", body] : ["--data-binary", "@request.json"]), address(rest)]);
    if (!isShort) find("time").append("; save ", requestLink(body), " first");
  } catch (error) {
    if (shown === current) fail(error);
  } finally {
    find("run").disabled = false;
  }
  await loadCounters();
}

let saved = null;

/** A link that saves a request too long for a command line. */
function requestLink(body) {
  if (saved) URL.revokeObjectURL(saved);
  saved = URL.createObjectURL(new Blob([body], { type: "application/json" }));
  return element("a", { href: saved, download: "request.json", textContent: "request.json" });
}

function outputText(output) {
  const finite = output.data.filter((number) => typeof number === "number");
  const least = finite.reduce((a, b) => Math.min(a, b), Infinity), largest = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const range = finite.length ? `, from ${least} to ${largest}` : "";
  const shown = output.data.slice(0, 48).join(", ") + (output.data.length > 48 ? `, … ${output.data.length - 48} more` : "");
  return [element("h4", { textContent: output.name }),
    element("div", { textContent: `${output.datatype} ${sizes(output.shape)}${range}` }),
    element("pre", {}, element("code", { textContent: shown }))];
}

/** The samples in the Prometheus text format: name, labels and value. */
function samples(text) {
  return text.split("\n").flatMap((line) => {
    const found = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!found) return [];
    const labels = Object.fromEntries([...(found[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
      .map(([, name, value]) => [name, value.replace(/\\(.)/g, (_, letter) => letter === "n" ? "\n" : letter)]));
    return [{ name: found[1], labels, value: Number(found[3]) }];
  });
}

async function loadCounters() {
  if (!current) return;
  const shown = current;
  let found;
  try {
    found = samples(await ask("metrics")).filter((sample) => sample.labels.model === current.name);
  } catch {
    return;
  }
  if (shown !== current) return;
  const sum = (name, condition = () => true) => found.filter((sample) => sample.name === name && condition(sample))
    .reduce((total, sample) => total + sample.value, 0);
  const mean = (name, factor = 1, digits = 2, unit = "") => {
    const count = sum(`${name}_count`);
    return count ? `${(sum(`${name}_sum`) / count * factor).toFixed(digits)}${unit}` : "–";
  };
  const counters = [
    ["answered", sum("infold_requests_total", (sample) => sample.labels.code === "ok").toLocaleString("en")],
    ["errors", sum("infold_requests_total", (sample) => sample.labels.code !== "ok").toLocaleString("en")],
    ["waiting", sum("infold_queue_depth").toLocaleString("en")],
    ["mean time", mean("infold_request_duration_seconds", 1000, 2, " ms")],
    ["mean time in queue", mean("infold_queue_duration_seconds", 1000, 2, " ms")],
    ["images per batch", mean("infold_batch_size", 1, 1)],
    ["memory", `${(sum("infold_model_memory_bytes") / 2 ** 20).toFixed(1)} MiB`],
  ];
  find("counters").replaceChildren(...counters.map(([name, value]) => element("div", {},
    element("dt", { textContent: name }), element("dd", { textContent: value }))));
}

find("file").addEventListener("change", () => classify(find("file").files[0]));
find("file").addEventListener("click", () => { find("file").value = ""; });
find("drop").addEventListener("dragover", (event) => { event.preventDefault(); find("drop").classList.add("over"); });
find("drop").addEventListener("dragleave", () => find("drop").classList.remove("over"));
find("drop").addEventListener("drop", (event) => {
  event.preventDefault();
  find("drop").classList.remove("over");
  classify(event.dataTransfer.files[0]);
});
find("form").addEventListener("submit", (event) => { event.preventDefault(); run(); });
find("access").addEventListener("submit", (event) => { event.preventDefault(); token = find("token").value; loadServer(); });
find("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(find("curl").textContent);
  } catch {
    // Without clipboard access, the text is selected for copying by hand.
    getSelection().selectAllChildren(find("curl"));
    return;
  }
  find("copy").textContent = "Copied";
  setTimeout(() => { find("copy").textContent = "Copy"; }, 1500);
});
addEventListener("hashchange", () => show(true));
setInterval(() => { if (!document.hidden) loadCounters(); }, 5000);
loadServer();
