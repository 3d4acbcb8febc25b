/**
 * Picture files received from Python, by name.
 *
 * A picture may arrive in parts, and separately from the view that shows it: see service/layers.py. All components
 * of this folder share this module, so that each can use what the others have received.
 */

const parts = new Map(); // name -> Map of owner -> Uint8Array
const provided = new Map(); // owner -> names of its parts
const arrivals = new EventTarget();

/** The inverse of `pack` in service/layers.py. */
function unpack(data) {
  const headerLength = new DataView(data.buffer, data.byteOffset, 4).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + headerLength)));
  let begin = 4 + headerLength;
  const content = new Map();
  for (const [name, length] of header.parts) {
    content.set(name, data.subarray(begin, begin + length));
    begin += length;
  }
  return { header, content };
}

/** Replaces everything that `owner` provided before. */
function provide(owner, content) {
  const outdated = (provided.get(owner) ?? []).filter((name) => !content.has(name));
  drop(owner, outdated);
  for (const [name, bytes] of content) {
    if (!parts.has(name)) parts.set(name, new Map());
    parts.get(name).set(owner, bytes);
  }
  provided.set(owner, [...content.keys()]);
  if (content.size > 0) arrivals.dispatchEvent(new Event("parts"));
}

function withdraw(owner) {
  drop(owner, provided.get(owner) ?? []);
  provided.delete(owner);
}

function drop(owner, names) {
  for (const name of names) {
    const owners = parts.get(name);
    owners?.delete(owner);
    if (owners?.size === 0) parts.delete(name);
  }
}

/** Undefined until it has arrived. */
function part(name) {
  return parts.get(name)?.values().next().value;
}

function arrival(name, signal) {
  return new Promise((resolve) => {
    const check = () => {
      const bytes = part(name);
      if (!bytes) return;
      arrivals.removeEventListener("parts", check);
      resolve(bytes);
    };
    arrivals.addEventListener("parts", check, { signal });
    check();
  });
}
