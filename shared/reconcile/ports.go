package reconcile

import (
	"context"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/scm"
)

// Listing lists projects of the source code host.
type Listing interface {
	ProjectsIn(ctx context.Context, group string, after int64, limit int) (scm.ProjectPage, error)
}

// Discovery brings the catalog in line with projects.
type Discovery interface {
	Groups() []string
	Sync(ctx context.Context, id int64, listed *scm.Project) (catalog.Synced, error)
	// At does so for the project at a path of which nothing is known yet.
	At(ctx context.Context, path string) (catalog.Synced, error)
	// Unread reads the file of a registered location of which nothing is known.
	Unread(ctx context.Context, l catalog.Location) (catalog.Synced, error)
	// ReadWeb reads the known files of a host without projects again.
	ReadWeb(ctx context.Context, origin string) (catalog.Ingested, error)
}

// Known tells what the catalog knows.
type Known interface {
	// Projects calls f for the known projects with after < id <= upTo, in that order.
	Projects(ctx context.Context, after, upTo int64, f func(catalog.KnownProject) error) error
	Locations(ctx context.Context) ([]catalog.Location, error)
	Problems(ctx context.Context, q catalog.ProblemQuery) (catalog.ProblemPage, error)
}

// Evidence judges projects that the host denies.
type Evidence interface {
	Denied(ctx context.Context, id int64, run string) error
	Absent(ctx context.Context) ([]catalog.Absence, error)
	Present(ctx context.Context, id int64) error
	Remove(ctx context.Context, a catalog.Absence) (catalog.Synced, error)
}

// Operations finds operations that nothing works on.
type Operations interface {
	Recover(ctx context.Context, minAge time.Duration) (int, error)
}

// Outbox publishes events that were stored and never published.
type Outbox interface {
	Drain(ctx context.Context, minAge time.Duration) (int, error)
}

// Compacter brings the snapshot of the catalog's index up to date. It reports whether it
// wrote one.
type Compacter interface {
	Compact(ctx context.Context) (bool, error)
}

// Sequence tells a number of the change log: of its end, or up to where a snapshot goes.
type Sequence interface {
	Head(ctx context.Context) (int64, error)
}
