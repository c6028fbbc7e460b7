import showDocument from "swagger-ui-dist/swagger-ui-es-bundle.js";

// The viewer has a dark scheme, which only a button of its own layout would choose.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// The edge's own document; a token that is entered is forgotten with the page.
showDocument({
  url: "/openapi.json",
  domNode: document.getElementById("viewer"),
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
});
