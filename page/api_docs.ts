import showDocument from "swagger-ui-dist/swagger-ui-es-bundle.js";

// The edge's own document; a token that is entered is forgotten with the page.
showDocument({
  url: "/openapi.json",
  domNode: document.getElementById("viewer"),
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
});
