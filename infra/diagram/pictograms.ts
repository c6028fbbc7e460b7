/**
 * Our own pictograms for the names of draw.io's Google Cloud shapes, on a field of 24 by 24: draw.io shows Google's,
 * the SVG shows these.
 */
export const PICTOGRAMS: Readonly<Record<string, string>> = {
  cloud_storage: "M4 7h16v4H4zM4 13h16v4H4zM7 9h.1M7 15h.1",
  cloud_pubsub: "M12 12 6 7M12 12l6-5M12 12v7M4 6h3M17 6h3M10.500 20h3",
  cloud_run: "M6 5l6 7-6 7M12 5l6 7-6 7",
  bigquery: "M10.500 5a5.500 5.500 0 1 0 .1 0M15 15l5 5M8 11v2M10.500 9v4M13 10v3",
  compute_engine:
    "M7 7h10v10H7zM10 10h4v4h-4zM9 3v4M15 3v4M9 17v4M15 17v4M3 9h4M3 15h4M17 9h4M17 15h4",
  key_management_service: "M8 8a4 4 0 1 0 .1 0M11.500 12H21M18 12v4M15 12v3",
  cloud_iam: "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6zM12 8a2 2 0 1 0 .1 0M8.500 16c1-4 6-4 7 0",
  security_key_enforcement: "M5 11h14v9H5zM8 11V8a4 4 0 0 1 8 0v3M12 14v3",
  cloud_nat: "M3 8h14M14 5l3 3-3 3M21 16H7M10 13l-3 3 3 3",
  cloud_scheduler: "M12 4a8 8 0 1 0 .1 0M12 7v5l4 2",
  container_registry: "M12 3l8 4.500v9L12 21l-8-4.500v-9zM4 7.500l8 4.500 8-4.500M12 12v9",
  logging: "M5 6h14M5 11h14M5 16h9",
  cloud_monitoring: "M3 19h18M4 14l5-5 4 4 7-8",
  cost: "M12 3v18M16 7c-1-2-8-2-8 1.500S16 12 16 15.500 9 19 8 17",
  data_studio: "M5 19v-7M12 19V5M19 19v-10",
  desktop_and_mobile: "M3 6h12v8H3zM7 18h4M9 14v4M17 9h4v10h-4z",
  stream: "M3 7c3-3 5 3 9 0s6 3 9 0M3 12c3-3 5 3 9 0s6 3 9 0M3 17c3-3 5 3 9 0s6 3 9 0",
  systems_check: "M5 4h14v16H5zM8 12l3 3 5-6",
  gear:
    "M12 8a4 4 0 1 0 .1 0M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2 2M16.400 16.400l2 2M5.600 18.400l2-2M16.400 7.600l2-2",
  placeholder: "M12 5v14M12 12l-6-4M12 12l6 4M12 5h.1M6 8h.1M18 16h.1M12 19h.1",
};
