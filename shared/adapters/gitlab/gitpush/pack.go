package gitpush

import (
	"bufio"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Pack is a commit with everything that it needs, ready to be sent.
type Pack struct {
	commit  objectID
	parent  objectID // zero for none
	known   map[objectID]bool
	objects []object // each once
}

// NewPack names the objects of a commit: Invalid for a path that git would not check out
// or a message that it can't keep, Conflict for two files in one place. The contents must
// not change as long as the pack is used.
func NewPack(c Commit) (*Pack, error) {
	if len(c.Files) == 0 || c.Message == "" || strings.Contains(c.Message, "\x00") {
		return nil, errs.New(errs.Invalid, "a commit needs files and a message without NUL")
	}
	if plain(c.Author.Name) == "" {
		return nil, errs.New(errs.Invalid, "a commit needs the name of an author")
	}
	p := &Pack{known: map[objectID]bool{}}
	root := newDirectory()
	if c.Parent != "" {
		parent, err := parseID(c.Parent)
		if err != nil {
			return nil, err
		}
		p.parent = parent
		if err := root.load(c.Base); err != nil {
			return nil, err
		}
	}
	for _, f := range c.Files {
		var file *node
		if f.Change != Delete {
			file = p.file(f)
			root.keepMode(f, file)
		}
		if err := root.insert(f.Path, file, f.Change); err != nil {
			return nil, err
		}
	}
	p.commit = p.add(commitObject, commitBody(c, p.directory(root)))
	return p, nil
}

// ID is the commit's, 40 hex digits.
func (p *Pack) ID() string { return p.commit.String() }

func (p *Pack) add(k kind, body []byte) objectID {
	o := object{kind: k, body: body}
	id := o.id()
	if !p.known[id] {
		p.known[id] = true
		p.objects = append(p.objects, o)
	}
	return id
}

func (p *Pack) file(f File) *node {
	switch {
	case f.Link != "":
		return &node{mode: modeLink, blob: p.add(blobObject, []byte(f.Link))}
	case f.Executable:
		return &node{mode: modeExecutable, blob: p.add(blobObject, f.Content)}
	}
	return &node{mode: modeFile, blob: p.add(blobObject, f.Content)}
}

// directory adds the trees of a directory, from the leaves up. Paths bound its depth. Git
// knows no empty directories.
func (p *Pack) directory(n *node) objectID {
	ids := make(map[string]objectID, len(n.entries))
	for name, child := range n.entries {
		if child.entries == nil {
			ids[name] = child.blob
			continue
		}
		id := p.directory(child)
		if len(child.entries) == 0 {
			delete(n.entries, name)
			continue
		}
		ids[name] = id
	}
	return p.add(treeObject, tree(n.entries, ids))
}

const packBuffer = 64 << 10

// WriteTo writes the pack: a header, every object compressed, and the SHA-1 of it all.
func (p *Pack) WriteTo(w io.Writer) (int64, error) {
	sum := &summing{w: w, h: sha1.New()}
	out := bufio.NewWriterSize(sum, packBuffer)
	header := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(p.objects)))
	if _, err := out.Write(header); err != nil {
		return sum.n, err
	}
	deflate, err := zlib.NewWriterLevel(out, zlib.BestSpeed)
	if err != nil {
		return sum.n, fmt.Errorf("setting up compression: %w", err)
	}
	for _, o := range p.objects {
		if err := writeObject(out, deflate, o); err != nil {
			return sum.n, err
		}
	}
	if err := out.Flush(); err != nil {
		return sum.n, err
	}
	_, err = sum.Write(sum.h.Sum(nil))
	return sum.n, err
}

// writeObject writes an object's kind and size, seven bits a byte but for the first, which
// has four of the size, and its content.
func writeObject(out *bufio.Writer, deflate *zlib.Writer, o object) error {
	size := uint64(len(o.body))
	head := []byte{byte(o.kind)<<4 | byte(size&0x0f)}
	for size >>= 4; size > 0; size >>= 7 {
		head[len(head)-1] |= 0x80
		head = append(head, byte(size&0x7f))
	}
	_, err := out.Write(head)
	deflate.Reset(out)
	_, written := deflate.Write(o.body)
	return errors.Join(err, written, deflate.Close())
}

// summing counts and hashes what is written.
type summing struct {
	w io.Writer
	h hash.Hash
	n int64
}

// Write implements io.Writer.
func (s *summing) Write(p []byte) (int, error) {
	s.h.Write(p)
	n, err := s.w.Write(p)
	s.n += int64(n)
	return n, err
}
