// Package gitpush owns pushing one commit into a repository over git's smart HTTP protocol:
// the first one, or one on top of another of which it is told what the changed folders hold.
// It makes the commit's objects, sends them as one pack, and says in Slipway's errors what
// the server made of it. It reads no repository, knows no history and no deltas, and holds no
// file a second time: the contents it was given are hashed once and compressed once more
// while they are sent.
//
// It knows git, not GitLab: which project, whose token, and what an HTTP status means is
// its caller's. Nothing is repeated here. A branch is only ever created, or moved from the
// commit below: when it is elsewhere by then, the server refuses, which is a Conflict.
//
// Flow: NewPack checks the paths and names all objects; Remote.Advertised asks what the
// repository holds (info/refs); Remote.Push sends the command for the branch with
// the pack behind it, and reads the report.
//
// Protocols: https://git-scm.com/docs/gitformat-pack (packs),
// https://git-scm.com/docs/gitprotocol-http (requests),
// https://git-scm.com/docs/gitprotocol-common (pkt-lines),
// https://git-scm.com/docs/gitprotocol-pack, "Pushing data to a server" (commands, report),
// https://git-scm.com/docs/gitprotocol-capabilities.
package gitpush
