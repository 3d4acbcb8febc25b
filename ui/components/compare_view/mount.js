/**
 * Streamlit calls the default export after every rerun that affects a component, each time with the same
 * `parentElement`. A view therefore outlives the call and is only updated. A component without a view only
 * delivers pictures.
 */

const KINDS = { compare: CompareView, grid: GridView };
const views = new WeakMap();
const calls = new WeakMap();

export default function mount({ parentElement, data }) {
  const { header, content } = unpack(data);
  provide(parentElement, content);
  const root = parentElement.querySelector(".compare");
  if (root) viewOf(parentElement, root).update(header);
  const call = (calls.get(parentElement) ?? 0) + 1;
  calls.set(parentElement, call);
  return () => {
    // Streamlit may run the cleanup of an outdated call late, when a newer call already uses the view.
    if (call !== calls.get(parentElement)) return;
    views.get(parentElement)?.destroy();
    views.delete(parentElement);
    withdraw(parentElement);
  };
}

function viewOf(parentElement, root) {
  let view = views.get(parentElement);
  if (view?.root !== root) {
    view?.destroy();
    view = new KINDS[root.dataset.kind](root);
    views.set(parentElement, view);
  }
  return view;
}
