// Package webhooksapi takes GitLab's deliveries over HTTP. Whether one is genuine and what
// becomes of it belongs to package webhooks.
package webhooksapi
