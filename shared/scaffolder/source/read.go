package source

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

const (
	readers     = 8  // how many files are read at the same time
	archiveFrom = 20 // from how many files on an archive is asked for
)

// reading collects the files of one tree.
type reading struct {
	reader Reader
	from   actions.Source
	folder string
	tree   []scm.TreeEntry
	files  []workspace.File // by the place in tree
	there  []bool           // which of them are read

	mu   sync.Mutex
	left int // bytes that the others may take
}

// read reads the files of a tree: from an archive when they are many, and one by one what is
// not in it.
func (r Reader) read(ctx context.Context, from actions.Source, folder string, tree []scm.TreeEntry) ([]workspace.File, error) {
	g := &reading{
		reader: r, from: from, folder: folder, tree: tree, left: workspace.MaxBytes,
		files: make([]workspace.File, len(tree)), there: make([]bool, len(tree)),
	}
	if r.Archives != nil && len(tree) >= archiveFrom {
		if err := g.archive(ctx); err != nil {
			return nil, err
		}
	}
	return g.files, g.oneByOne(ctx)
}

// archive takes what an archive holds of the files. An archive may leave out files and
// change others, and hosts allow only few of them: a content counts when the tree names it,
// and whatever goes wrong leaves the rest to be read one by one.
func (g *reading) archive(ctx context.Context) error {
	place := make(map[string]int, len(g.tree))
	for i, entry := range g.tree {
		place[entry.Path] = i
	}
	err := g.reader.Archives.Archive(ctx, g.from.Project, g.folder, g.from.Commit, workspace.MaxBytes, func(f scm.File) error {
		i, listed := place[f.Path]
		if !listed || g.there[i] || blobID(f.Content) != g.tree[i].BlobID {
			return nil
		}
		return g.take(i, f.Content)
	})
	if errors.Is(err, errs.TooLarge) {
		return tooLarge()
	}
	return nil
}

// blobID is how git names a content.
func blobID(content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(content)) // a hash takes everything
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// take keeps a content, unless all together are more than anybody takes: memory is not to
// be full of it.
func (g *reading) take(i int, content []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left -= len(content); g.left < 0 {
		return tooLarge()
	}
	g.files[i], g.there[i] = fileOf(g.folder, g.tree[i], content), true
	return nil
}

func tooLarge() error {
	return errs.New(errs.TooLarge, fmt.Sprintf("the template's files together are larger than %d MiB", workspace.MaxBytes>>20))
}

// oneByOne reads what is not there, several files at the same time.
func (g *reading) oneByOne(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	problems := make([]error, len(g.tree))
	var wg sync.WaitGroup
	slots := make(chan struct{}, readers)
	for i, entry := range g.tree {
		if g.there[i] {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			content, err := g.reader.content(ctx, g.from, entry)
			if err == nil {
				err = g.take(i, content)
			}
			if problems[i] = err; err != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	return firstCause(problems)
}

// firstCause gives the error that made the others be cancelled.
func firstCause(problems []error) error {
	var cancelled error
	for _, err := range problems {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			cancelled = err
		}
	}
	return cancelled
}

func (r Reader) content(ctx context.Context, from actions.Source, entry scm.TreeEntry) ([]byte, error) {
	f, err := r.Repositories.File(ctx, from.Project, entry.Path, from.Commit)
	if err != nil {
		return nil, fmt.Errorf("reading %s of %s: %w", entry.Path, from.Path, err)
	}
	return f.Content, nil
}

// fileOf gives a file with its path relative to the folder. The content of a symbolic link
// is its target.
func fileOf(folder string, entry scm.TreeEntry, content []byte) workspace.File {
	relative := strings.TrimPrefix(strings.TrimPrefix(entry.Path, folder), "/")
	if entry.Symlink {
		return workspace.File{Path: relative, Link: string(content)}
	}
	return workspace.File{Path: relative, Content: content, Executable: entry.Executable}
}
