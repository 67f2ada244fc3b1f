// Package auditapi is the audit trail over HTTP, below /api/audit: it reads queries, naming
// everything that is wrong with them, and shows pages of records. The trail belongs to package audit.
package auditapi
