# Tintype on Google Cloud, one file for each entity with its rights beside it. Read main.tf first: it derives every
# name, right and setting without a provider; then buckets.tf, topics.tf, processor.tf, which are an image's way, and keeper.tf for its end.
# docs/deployment.md is for who operates it.

terraform {
  required_version = ">= 1.9, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.40"
    }
    # For google_project_service_identity alone.
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 7.40"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }
}

provider "google" {
  project               = var.project_id
  region                = var.region
  default_labels        = module.contract.labels
  billing_project       = var.project_id
  user_project_override = true
}

provider "google-beta" {
  project               = var.project_id
  region                = var.region
  billing_project       = var.project_id
  user_project_override = true
}
