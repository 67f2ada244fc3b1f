package gitstore

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// ArchiveQuery says what to put into an archive.
type ArchiveQuery struct {
	Commit string
	Folder string // only this one; "" for all
	Prefix string // the folder everything is put into
	Kind   string // "tar.gz", "tar" or "zip"
}

// sink takes the files of an archive.
type sink interface {
	add(name string, e Entry, content []byte) error
	io.Closer
}

// Archive writes the files of a commit. The times in it are the commit's, so the same
// commit makes the same archive.
func (r *Repo) Archive(w io.Writer, q ArchiveQuery) error {
	c, err := r.Commit(q.Commit)
	if err != nil {
		return err
	}
	list, err := r.Tree(q.Commit, q.Folder, true)
	if err != nil {
		return err
	}
	out := newSink(w, q.Kind, c.Committer.When)
	for _, e := range list {
		content := []byte(nil)
		if e.Type == "blob" {
			if content, err = r.readBlob(plumbing.NewHash(e.ID)); err != nil {
				return errors.Join(err, out.Close())
			}
		}
		if err := out.add(path.Join(q.Prefix, e.Path), e, content); err != nil {
			return errors.Join(fmt.Errorf("archiving %s: %w", e.Path, err), out.Close())
		}
	}
	return out.Close()
}

// Blob reads a file's content by its object id.
func (r *Repo) Blob(id string) ([]byte, error) {
	if len(id) != 40 || !hexRev.MatchString(id) {
		return nil, ErrNotFound
	}
	return r.readBlob(plumbing.NewHash(id))
}

func newSink(w io.Writer, kind string, when time.Time) sink {
	switch kind {
	case "zip":
		return &zipSink{w: zip.NewWriter(w), when: when}
	case "tar":
		return &tarSink{w: tar.NewWriter(w), when: when}
	}
	z := gzip.NewWriter(w)
	return &tarSink{w: tar.NewWriter(z), gz: z, when: when}
}

type tarSink struct {
	w    *tar.Writer
	gz   *gzip.Writer // nil for a plain tar
	when time.Time
}

func (s *tarSink) add(name string, e Entry, content []byte) error {
	h := &tar.Header{Name: name, Mode: 0o644, ModTime: s.when, Typeflag: tar.TypeReg, Size: int64(len(content))}
	switch {
	case e.Type != "blob":
		h.Name, h.Typeflag, h.Mode = name+"/", tar.TypeDir, 0o755
	case e.Mode == "120000":
		h.Typeflag, h.Linkname, h.Size, content = tar.TypeSymlink, string(content), 0, nil
	case e.Mode == "100755":
		h.Mode = 0o755
	}
	if err := s.w.WriteHeader(h); err != nil {
		return err
	}
	_, err := s.w.Write(content)
	return err
}

// Close ends the archive.
func (s *tarSink) Close() error {
	err := s.w.Close()
	if s.gz != nil {
		err = errors.Join(err, s.gz.Close())
	}
	return err
}

type zipSink struct {
	w    *zip.Writer
	when time.Time
}

func (s *zipSink) add(name string, e Entry, content []byte) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: s.when}
	h.SetMode(0o644)
	if e.Type != "blob" {
		h.Name, h.Method = name+"/", zip.Store
		h.SetMode(0o755)
	}
	if e.Mode == "100755" {
		h.SetMode(0o755)
	}
	f, err := s.w.CreateHeader(h)
	if err != nil || content == nil {
		return err
	}
	_, err = f.Write(content)
	return err
}

// Close ends the archive.
func (s *zipSink) Close() error { return s.w.Close() }
