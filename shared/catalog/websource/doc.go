// Package websource owns how the catalog reads files of hosts that are no GitLab: plain
// HTTPS, from hosts that whoever runs Slipway has named, and nothing else. It stores and
// parses nothing, and hands on whatever is GitLab's.
//
// People of the portal choose the URLs, so the list of hosts is what keeps them from making
// Slipway read what only Slipway can reach (server-side request forgery). A URL counts as
// one of a host on the list only when it is written the one way that host is (hosts.go). A
// name on the list may not lead to an address inside the network it runs in, whatever DNS
// says: the address is looked at when it is dialled (dial.go). To read an address of the
// inside, the list must name the address itself. Plain HTTP is for this machine only.
//
// Flow: Source.Resolve (URL → origin and path) → Head, which is always Unversioned → Read.
// What is read carries no credentials, follows redirects within its own origin only, and is
// bounded in time and size. Only a 404 or 410 of the host says that a file is not there.
package websource
