// An explorer whose positions were drawn when the site was built: its controls, and the picture and the sentence of
// each page, swapped when one of them moves.

const box = (control) => control.type === "checkbox";
const place = (control) => (box(control) ? Number(control.checked) : Number(control.value));
const places = (control) => (box(control) ? 2 : (control.options?.length ?? Number(control.max) + 1));

for (const link of document.querySelectorAll("[data-state]")) link.hash = link.dataset.state; // to the play page
for (const book of document.querySelectorAll(".flip-book")) {
  const { pages, pictures } = JSON.parse(book.querySelector("script").textContent); // [{labels, picture, sentence}]
  const controls = [...book.querySelectorAll(".flip-control :is(input, select)")];
  const picture = book.querySelector(".flipped"),
    sentence = book.querySelector("figcaption span");
  let shown = null;
  const show = () => {
    const page = pages[controls.reduce((number, one) => number * places(one) + place(one), 0)];
    if (page.picture !== shown) picture.innerHTML = pictures[page.picture];
    shown = page.picture;
    picture.setAttribute("aria-label", page.sentence);
    sentence.textContent = page.sentence;
    controls.forEach((control, number) => {
      const label = control.closest("label").querySelector(".written");
      if (label) label.textContent = page.labels[number];
      if (control.type === "range") control.setAttribute("aria-valuetext", page.labels[number]);
    });
  };
  for (const control of controls) control.addEventListener("input", show);
  show();
  book.querySelector(".flip-controls").hidden = false;
}
