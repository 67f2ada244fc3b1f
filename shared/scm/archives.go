package scm

import "context"

// Archives reads many files in one request.
type Archives interface {
	// Archive passes on the files below a folder ("" for the root) at a branch, tag or
	// commit id, as they come: regular files with their content, symbolic links with their
	// target in its place. TooLarge when they take more than limit bytes together, NotFound
	// when there is no such folder; an error of each ends it and is given back. It is the
	// host's export of the repository, which attributes in it may leave files out of and
	// change files in, and hosts allow only few exports a minute: who needs the files
	// themselves compares them with Tree and is ready to read them one by one. It is asked for
	// once, also after a short throttling.
	Archive(ctx context.Context, project int64, path, ref string, limit int64, each func(File) error) error
}
