/** Answers at once: what workerd itself costs. */
export default { fetch: () => new Response("ok") };
