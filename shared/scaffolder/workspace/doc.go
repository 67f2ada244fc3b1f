// Package workspace owns the files that a running software template works on: which
// paths are allowed, how a skeleton is rendered into files, and how the files are kept
// from one step to the next on the blob port.
//
// It does not know steps, actions or repositories, and it never touches a file system:
// files are values. What a path may be is decided in one place, Files.Add, which every
// file passes, wherever it comes from.
//
// Flow: a step loads the workspace (Store.Load), changes it (FetchTemplate, Files.Add)
// and saves it again (Store.Save); the publishing step commits what Files.All gives.
package workspace
