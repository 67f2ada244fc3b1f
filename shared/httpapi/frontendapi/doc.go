// Package frontendapi is what a stock frontend asks of its backend besides catalog and
// templates: sign-in as the guest, decisions on permissions, settings of users, notifications
// (of which there are none). Tokens, the policy and the settings themselves belong to the
// packages auth and usersettings.
package frontendapi
