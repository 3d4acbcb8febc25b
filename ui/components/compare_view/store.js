/**
 * Picture files by name, on their way from Python to the views.
 *
 * A picture may arrive in parts, and apart from the view that shows it: see service/layers.py. All components of this
 * folder share this module, so what one of them received is there for the others.
 */

const parts = new Map(); // name -> Map of who provides it -> Uint8Array
const provided = new Map(); // who -> its names
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

/** Replaces all that `owner` provided before. */
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

/** Undefined while it has not arrived. */
function part(name) {
  return parts.get(name)?.values().next().value;
}

function arrival(name, signal) {
  return new Promise((resolve) => {
    const look = () => {
      const bytes = part(name);
      if (!bytes) return;
      arrivals.removeEventListener("parts", look);
      resolve(bytes);
    };
    arrivals.addEventListener("parts", look, { signal });
    look();
  });
}
