package gitlab

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// Archive implements scm.Archives with GitLab's export as tar.gz, which is read while it
// comes in. GitLab puts everything into one folder, named after project and commit.
func (c *Client) Archive(ctx context.Context, project int64, path, ref string, limit int64, each func(scm.File) error) error {
	doing := fmt.Sprintf("reading an archive of project %d", project)
	if ref == "" {
		return errs.New(errs.Invalid, doing+": a ref is needed")
	}
	k := call{
		doing: doing, method: http.MethodGet, path: projectPath(project) + "/repository/archive.tar.gz",
		query: url.Values{"sha": {ref}}, timeout: commitTimeouts * c.cfg.Timeout,
	}
	if path != "" {
		k.query.Set("path", path)
	}
	r, w := io.Pipe()
	read := make(chan error, 1)
	go func() {
		err := files(r, doing, limit, each)
		_ = r.CloseWithError(err) // nobody reads on
		read <- err
	}()
	resp, err := c.attempt(ctx, k, w)
	_ = w.CloseWithError(err) // io.EOF for nil
	failed := <-read
	if err != nil && !errors.Is(err, failed) {
		return c.classify(k, resp, err)
	}
	return failed
}

// files reads a compressed archive to its end.
func files(from io.Reader, doing string, limit int64, each func(scm.File) error) error {
	broken := func(err error) error {
		return errs.Wrap(errs.Unavailable, doing+": the answer is not a whole archive", err)
	}
	unzipped, err := gzip.NewReader(from)
	if err != nil {
		return broken(err)
	}
	archive := tar.NewReader(unzipped)
	for {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return orBroken(drain(unzipped, from), broken)
		}
		if err != nil {
			return broken(err)
		}
		if limit -= entry.Size; limit < 0 {
			return errs.New(errs.TooLarge, doing+": the files together are larger than is taken")
		}
		_, name, below := strings.Cut(entry.Name, "/")
		if !below || entry.Typeflag != tar.TypeReg && entry.Typeflag != tar.TypeSymlink {
			continue // a directory, or the commit's id in a header of its own
		}
		file := scm.File{Path: name, Content: []byte(entry.Linkname)}
		if entry.Typeflag == tar.TypeReg {
			file.Content = make([]byte, entry.Size)
			if _, err := io.ReadFull(archive, file.Content); err != nil {
				return broken(err)
			}
		}
		if err := each(file); err != nil {
			return err
		}
	}
}

// maxPadding is more than any program puts behind an archive's last entry.
const maxPadding = 1 << 20

// drain reads what follows the last entry, so that the checksum is compared.
func drain(unzipped, from io.Reader) error {
	if n, err := io.CopyN(io.Discard, unzipped, maxPadding); !errors.Is(err, io.EOF) {
		return fmt.Errorf("behind its end follow %d bytes or more: %w", n, cmp.Or(err, tar.ErrHeader))
	}
	_, err := io.Copy(io.Discard, from)
	return err
}

func orBroken(err error, broken func(error) error) error {
	if err == nil {
		return nil
	}
	return broken(err)
}
