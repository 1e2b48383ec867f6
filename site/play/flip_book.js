// An explorer whose positions were drawn when the site was built: its main control, and the picture and the sentence of
// each position, swapped when it moves.

for (const book of document.querySelectorAll(".flip-book")) {
  const pages = JSON.parse(book.querySelector("script").textContent); // [{label, picture, sentence}]
  const control = book.querySelector("input, select");
  const picture = book.querySelector(".flipped"),
    sentence = book.querySelector("figcaption"),
    label = book.querySelector("output");
  const show = () => {
    const page = pages[Number(control.value)];
    picture.innerHTML = page.picture;
    picture.setAttribute("aria-label", page.sentence);
    sentence.textContent = page.sentence;
    if (label) label.textContent = page.label;
    control.setAttribute("aria-valuetext", page.label);
  };
  control.addEventListener("input", show);
  show();
  book.querySelector(".flip-control").hidden = false;
}
