package workspace

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Store keeps workspaces on the blob port. A workspace is one tree blob: a table of the
// files, followed by the contents of the small ones, so that a usual workspace costs one
// request to save and one to load. Large contents are blobs of their own, named by their
// hash, so that saving after another step writes only what changed.
//
//	workspaces/<id>/tree             magic, length of the table, table (JSON), contents
//	workspaces/<id>/objects/<sha256> one large content
type Store struct{ blobs blob.Store }

// Config is what a Store is made of.
type Config struct{ Blobs blob.Store }

// New makes a Store.
func New(c Config) (*Store, error) {
	if c.Blobs == nil {
		return nil, errs.New(errs.Internal, "workspace: Blobs is missing")
	}
	return &Store{blobs: c.Blobs}, nil
}

const (
	magic      = "SWT1"
	packedFile = 256 << 10 // contents up to this size are packed …
	packedTree = 8 << 20   // … until the pack has this size
)

// row is one file in the table of a tree.
type row struct {
	Path       string `json:"path"`
	Size       int    `json:"size"`
	Executable bool   `json:"executable,omitempty"`
	Link       string `json:"link,omitempty"`
	Object     string `json:"object,omitempty"` // hash of a content that is not packed
}

type table struct {
	Files []row    `json:"files"`
	Pack  string   `json:"pack"`           // hash of the packed contents
	Done  []string `json:"done,omitempty"` // see Files.Once
}

// Save stores the files under id, replacing what was there. A reader sees the old files
// or the new ones, never a mix.
func (s *Store) Save(ctx context.Context, id string, files *Files) error {
	var pack bytes.Buffer
	t := table{Files: make([]row, 0, files.Len()), Done: files.done}
	for _, file := range files.list {
		r := row{Path: file.Path, Size: len(file.Content), Executable: file.Executable, Link: file.Link}
		if r.Size <= packedFile && pack.Len()+r.Size <= packedTree {
			pack.Write(file.Content)
		} else {
			r.Object = hash(file.Content)
			if err := s.putObject(ctx, id, r.Object, file.Content); err != nil {
				return fmt.Errorf("saving file %s of workspace %s: %w", show(file.Path), id, err)
			}
		}
		t.Files = append(t.Files, r)
	}
	t.Pack = hash(pack.Bytes())
	if err := s.blobs.Put(ctx, treeKey(id), encodeTree(t, pack.Bytes())); err != nil {
		return fmt.Errorf("saving workspace %s: %w", id, err)
	}
	return nil
}

func (s *Store) putObject(ctx context.Context, id, sum string, content []byte) error {
	err := s.blobs.PutNew(ctx, objectKey(id, sum), content)
	if errors.Is(err, errs.Conflict) {
		return nil // the same content is there already
	}
	return err
}

// Load gives the files saved last under id, NotFound when there are none.
func (s *Store) Load(ctx context.Context, id string) (*Files, error) {
	tree, err := s.blobs.Get(ctx, treeKey(id))
	if err != nil {
		return nil, fmt.Errorf("loading workspace %s: %w", id, err)
	}
	t, pack, err := decodeTree(tree)
	if err != nil {
		return nil, fmt.Errorf("loading workspace %s: %w", id, err)
	}
	files := Files{done: t.Done}
	for _, r := range t.Files {
		file := File{Path: r.Path, Executable: r.Executable, Link: r.Link}
		if file.Content, pack, err = s.content(ctx, id, r, pack); err != nil {
			return nil, fmt.Errorf("loading file %s of workspace %s: %w", show(r.Path), id, err)
		}
		if err := files.Add(file); err != nil {
			return nil, fmt.Errorf("loading workspace %s: %w", id, err)
		}
	}
	return &files, nil
}

// content gives the content of one file, and what remains of the pack.
func (s *Store) content(ctx context.Context, id string, r row, pack []byte) (content, rest []byte, err error) {
	if r.Object == "" {
		if r.Size < 0 || r.Size > len(pack) {
			return nil, nil, damaged("a packed file is cut off")
		}
		return pack[:r.Size:r.Size], pack[r.Size:], nil
	}
	content, err = s.blobs.Get(ctx, objectKey(id, r.Object))
	if err != nil {
		return nil, nil, err
	}
	if hash(content) != r.Object {
		return nil, nil, damaged("a content does not have its hash")
	}
	return content, pack, nil
}

// Delete removes a workspace; removing what is not there succeeds.
func (s *Store) Delete(ctx context.Context, id string) error {
	const page = 1000
	prefix, after := "workspaces/"+id+"/", ""
	for {
		keys, err := s.blobs.List(ctx, prefix, after, page)
		if err != nil {
			return fmt.Errorf("listing workspace %s: %w", id, err)
		}
		for _, key := range keys {
			if err := s.blobs.Delete(ctx, key); err != nil {
				return fmt.Errorf("deleting workspace %s: %w", id, err)
			}
			after = key
		}
		if len(keys) < page {
			return nil
		}
	}
}

func treeKey(id string) string { return "workspaces/" + id + "/tree" }

func objectKey(id, sum string) string { return "workspaces/" + id + "/objects/" + sum }

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func encodeTree(t table, pack []byte) []byte {
	rows, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings, numbers and booleans always have a JSON form
	}
	tree := make([]byte, 0, len(magic)+4+len(rows)+len(pack))
	tree = append(tree, magic...)
	tree = binary.BigEndian.AppendUint32(tree, uint32(len(rows)))
	tree = append(tree, rows...)
	return append(tree, pack...)
}

func decodeTree(tree []byte) (table, []byte, error) {
	var t table
	rest, ok := bytes.CutPrefix(tree, []byte(magic))
	if !ok || len(rest) < 4 {
		return t, nil, damaged("it is not a tree")
	}
	size := binary.BigEndian.Uint32(rest)
	rest = rest[4:]
	if uint64(size) > uint64(len(rest)) {
		return t, nil, damaged("its table is cut off")
	}
	if err := json.Unmarshal(rest[:size], &t); err != nil {
		return t, nil, damaged("its table is not readable")
	}
	if hash(rest[size:]) != t.Pack {
		return t, nil, damaged("its contents do not have their hash")
	}
	return t, rest[size:], nil
}

func damaged(reason string) error {
	return errs.New(errs.Internal, "the stored workspace is damaged: "+reason)
}
