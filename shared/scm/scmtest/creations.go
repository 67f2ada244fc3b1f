package scmtest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// creation is a call that makes something, and how its maker finds it again.
type creation struct {
	suffix string
	run    func(ctx context.Context, h Harness, p scm.Project) error
	count  func(ctx context.Context, h Harness, p scm.Project) (int, error)
}

func creations() map[string]creation {
	all := basics()
	maps.Copy(all, extras())
	return all
}

// basics make what every application has.
func basics() map[string]creation {
	return map[string]creation{
		"project": {"/projects", func(ctx context.Context, h Harness, _ scm.Project) error {
			_, err := h.Client.CreateProject(ctx, newProject(h, "second"))
			return err
		}, func(ctx context.Context, h Harness, _ scm.Project) (int, error) {
			p, err := h.Client.Project(ctx, h.Group+"/second")
			if errors.Is(err, errs.NotFound) {
				return 0, nil
			}
			if err == nil && !slices.Contains(p.Topics, "op-second") {
				err = errors.New("the topic is missing")
			}
			return 1, err
		}},
		"commit": {"/repository/commits", func(ctx context.Context, h Harness, p scm.Project) error {
			_, err := h.Client.Commit(ctx, p.ID, scm.NewCommit{
				Branch: "main", Message: "Add [skip ci]\n\nSlipway-Operation: op-9\n",
				Changes: []scm.Change{{Action: scm.CreateFile, Path: "added", Content: []byte("x")}},
			})
			return err
		}, func(ctx context.Context, h Harness, p scm.Project) (int, error) {
			list, err := h.Client.Commits(ctx, p.ID, "main", 10)
			return count(list, func(c scm.Commit) bool { return strings.Contains(c.Message, "Slipway-Operation: op-9") }), err
		}},
		"hook": {"/hooks", func(ctx context.Context, h Harness, p scm.Project) error {
			_, err := h.Client.CreateHook(ctx, p.ID, newHook(h, "slipway-op-9"))
			return err
		}, func(ctx context.Context, h Harness, p scm.Project) (int, error) {
			list, err := h.Client.Hooks(ctx, p.ID)
			return count(list, func(k scm.Hook) bool { return k.Name == "slipway-op-9" }), err
		}},
		"pipeline": {"/pipeline", func(ctx context.Context, h Harness, p scm.Project) error {
			_, err := h.Client.StartPipeline(ctx, p.ID, "main", map[string]string{"SLIPWAY_OPERATION": "op-9"})
			return err
		}, func(ctx context.Context, h Harness, p scm.Project) (int, error) {
			list, err := h.Client.PipelinesOf(ctx, p.ID, "main", 10)
			n := 0
			for _, pl := range list {
				vars, varErr := h.Client.PipelineVariables(ctx, p.ID, pl.ID)
				err = errors.Join(err, varErr)
				if vars["SLIPWAY_OPERATION"] == "op-9" {
					n++
				}
			}
			return n, err
		}},
	}
}

// extras make what some templates ask for.
func extras() map[string]creation {
	return map[string]creation{
		"group": {"/groups", func(ctx context.Context, h Harness, _ scm.Project) error {
			_, err := h.Client.CreateGroup(ctx, scm.NewGroup{Parent: h.Group, Slug: "op-9"})
			return err
		}, func(ctx context.Context, h Harness, _ scm.Project) (int, error) {
			_, err := h.Client.Group(ctx, h.Group+"/op-9")
			return one(err)
		}},
		"variable": {"/variables", func(ctx context.Context, h Harness, p scm.Project) error {
			_, err := h.Client.CreateVariable(ctx, p.ID, newVariable("OP_9", "prod"))
			return err
		}, func(ctx context.Context, h Harness, p scm.Project) (int, error) {
			_, err := h.Client.Variable(ctx, p.ID, "OP_9", "prod")
			return one(err)
		}},
		"access token": {"/access_tokens", func(ctx context.Context, h Harness, p scm.Project) error {
			_, _, err := h.Client.CreateAccessToken(ctx, p.ID, newToken("slipway-op-9"))
			return err
		}, func(ctx context.Context, h Harness, p scm.Project) (int, error) {
			list, err := h.Client.AccessTokens(ctx, p.ID)
			return count(list, func(t scm.AccessToken) bool { return t.Name == "slipway-op-9" }), err
		}},
		"branch": {"/repository/branches", func(ctx context.Context, h Harness, p scm.Project) error {
			head, err := h.Client.Head(ctx, p.ID, "main")
			if err != nil {
				return err
			}
			return h.Client.CreateBranch(ctx, p.ID, "op-9", head.ID)
		}, func(ctx context.Context, h Harness, p scm.Project) (int, error) {
			_, err := h.Client.Head(ctx, p.ID, "op-9")
			return one(err)
		}},
		"merge request": {"/merge_requests", func(ctx context.Context, h Harness, p scm.Project) error {
			head, err := h.Client.Head(ctx, p.ID, "main")
			if err != nil {
				return err
			}
			if err := h.Client.CreateBranch(ctx, p.ID, "request-9", head.ID); err != nil {
				return err
			}
			_, err = h.Client.CreateMergeRequest(ctx, p.ID, scm.NewMergeRequest{Source: "request-9", Target: "main", Title: "Operation 9"})
			return err
		}, func(ctx context.Context, h Harness, p scm.Project) (int, error) {
			list, err := h.Client.MergeRequestsFrom(ctx, p.ID, "request-9")
			return len(list), err
		}},
	}
}

// one counts what is found by reading it.
func one(err error) (int, error) {
	if errors.Is(err, errs.NotFound) {
		return 0, nil
	}
	return 1, err
}
