// Package environmentsapi shows the environments of the catalog below /api/environments.
// What an environment is belongs to package environments.
package environmentsapi
