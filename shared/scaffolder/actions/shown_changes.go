package actions

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scm"
)

// maxBefore is of how many files a plan shows what they held before.
const maxBefore = 100

// shownChanges gives what whoever reads the plan sees of a commit on top of head, in a project
// that is called name as long as nobody knows its path.
func shownChanges(ctx context.Context, repositories scm.Repositories, p scm.Project, name, branch string, head scm.Commit, changes []scm.Change) ([]operations.FileChange, error) {
	list := make([]operations.FileChange, 0, len(changes))
	read := 0
	for _, ch := range changes {
		shown := operations.FileChange{
			Project: orDefault(p.Path, name), Branch: branch, Path: ch.Path, Action: string(ch.Action),
			After: ch.Content, Executable: ch.Executable, Link: ch.Link,
		}
		if ch.Action != scm.CreateFile && read < maxBefore {
			read++
			f, err := repositories.File(ctx, p.ID, ch.Path, head.ID)
			if err != nil {
				return nil, fmt.Errorf("reading %s of %s: %w", ch.Path, p.Path, err)
			}
			shown.Before = f.Content
		}
		list = append(list, shown)
	}
	return list, nil
}
