package catalog

import (
	"context"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// NoSource is the source of an instance that only shows the catalog: it refuses to read
// anything.
type NoSource struct{}

var _ Source = NoSource{}

func (NoSource) refuse() error {
	return errs.New(errs.Forbidden, "this part of the portal only shows the catalog")
}

// Resolve refuses.
func (n NoSource) Resolve(context.Context, string) (FileRef, error) { return FileRef{}, n.refuse() }

// URL gives nothing.
func (NoSource) URL(FileRef) string { return "" }

// Branch refuses.
func (n NoSource) Branch(context.Context, string) (string, error) { return "", n.refuse() }

// Head refuses.
func (n NoSource) Head(context.Context, string, string) (string, error) { return "", n.refuse() }

// Read refuses.
func (n NoSource) Read(context.Context, FileRef, string) ([]byte, error) { return nil, n.refuse() }
