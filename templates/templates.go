// Package templates owns the starting content that ships with Slipway: the software
// templates, the environments and their providers as catalog entities, and the
// infrastructure of an environment provider.
//
// It is only files. Whoever sets up an installation commits them to a Git repository, with
// HostPlaceholder replaced, and registers all.yaml in the catalog; from then on that
// repository is the truth and can be edited like any other.
package templates

import "embed"

// HostPlaceholder stands in the files for the host, and port if any, of the GitLab.
const HostPlaceholder = "gitlab.example.com"

// Files are the starting content, with all.yaml at the root.
//
//go:embed all.yaml all:environments all:environment-provider all:serverless-api
var Files embed.FS
