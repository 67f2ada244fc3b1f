// Package e2e holds the scenarios of the whole system: creating an application, with
// everything that can go wrong on the way. The same system as "slipway serve" runs against
// an embedded GitLab that outlives it, so that a crash of the one is not a crash of the
// other.
//
// The tests look at GitLab and at the catalog the way a user would, never at the system's
// own idea of what it did.
package e2e
