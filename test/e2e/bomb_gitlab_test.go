package e2e

import (
	"context"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/scm"
)

// minedSCM counts the calls that change something in GitLab.
type minedSCM struct {
	scm.Client
	bomb *bomb
}

func (m minedSCM) CreateProject(ctx context.Context, p scm.NewProject) (scm.Project, error) {
	return effect(m.bomb, "scm", func() (scm.Project, error) { return m.Client.CreateProject(ctx, p) })
}

func (m minedSCM) DeleteProject(ctx context.Context, id int64) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, m.Client.DeleteProject(ctx, id) })
	return err
}

func (m minedSCM) Commit(ctx context.Context, id int64, c scm.NewCommit) (scm.Commit, error) {
	return effect(m.bomb, "scm", func() (scm.Commit, error) { return m.Client.Commit(ctx, id, c) })
}

func (m minedSCM) CreateHook(ctx context.Context, id int64, h scm.NewHook) (scm.Hook, error) {
	return effect(m.bomb, "scm", func() (scm.Hook, error) { return m.Client.CreateHook(ctx, id, h) })
}

func (m minedSCM) DeleteHook(ctx context.Context, project, hook int64) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, m.Client.DeleteHook(ctx, project, hook) })
	return err
}

func (m minedSCM) StartPipeline(ctx context.Context, id int64, ref string, v map[string]string) (scm.Pipeline, error) {
	return effect(m.bomb, "scm", func() (scm.Pipeline, error) { return m.Client.StartPipeline(ctx, id, ref, v) })
}

func (m minedSCM) CancelPipeline(ctx context.Context, project, id int64) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, m.Client.CancelPipeline(ctx, project, id) })
	return err
}

func (m minedSCM) UpdateHook(ctx context.Context, project, hook int64, h scm.NewHook) (scm.Hook, error) {
	return effect(m.bomb, "scm", func() (scm.Hook, error) { return m.Client.UpdateHook(ctx, project, hook, h) })
}

func (m minedSCM) EnableHook(ctx context.Context, project, hook int64) (scm.Hook, error) {
	return effect(m.bomb, "scm", func() (scm.Hook, error) { return m.Client.EnableHook(ctx, project, hook) })
}

func (m minedSCM) CreateGroup(ctx context.Context, g scm.NewGroup) (scm.Group, error) {
	return effect(m.bomb, "scm", func() (scm.Group, error) { return m.Client.CreateGroup(ctx, g) })
}

func (m minedSCM) DeleteGroup(ctx context.Context, id int64) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, m.Client.DeleteGroup(ctx, id) })
	return err
}

func (m minedSCM) CreateVariable(ctx context.Context, project int64, v scm.NewVariable) (scm.Variable, error) {
	return effect(m.bomb, "scm", func() (scm.Variable, error) { return m.Client.CreateVariable(ctx, project, v) })
}

func (m minedSCM) DeleteVariable(ctx context.Context, project int64, key, scope string) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, m.Client.DeleteVariable(ctx, project, key, scope) })
	return err
}

func (m minedSCM) RevokeAccessToken(ctx context.Context, project, token int64) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, m.Client.RevokeAccessToken(ctx, project, token) })
	return err
}

func (m minedSCM) CreateMergeRequest(ctx context.Context, project int64, r scm.NewMergeRequest) (scm.MergeRequest, error) {
	return effect(m.bomb, "scm", func() (scm.MergeRequest, error) { return m.Client.CreateMergeRequest(ctx, project, r) })
}

func (m minedSCM) CloseMergeRequest(ctx context.Context, project, number int64) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, m.Client.CloseMergeRequest(ctx, project, number) })
	return err
}

func (m minedSCM) CreateBranch(ctx context.Context, project int64, name, commit string) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, m.Client.CreateBranch(ctx, project, name, commit) })
	return err
}

func (m minedSCM) DeleteBranch(ctx context.Context, project int64, name string) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, m.Client.DeleteBranch(ctx, project, name) })
	return err
}

func (m minedSCM) CreateAccessToken(ctx context.Context, project int64, n scm.NewAccessToken) (scm.AccessToken, string, error) {
	value := ""
	made, err := effect(m.bomb, "scm", func() (made scm.AccessToken, err error) {
		made, value, err = m.Client.CreateAccessToken(ctx, project, n)
		return made, err
	})
	if err != nil { // the value is lost with the answer
		return scm.AccessToken{}, "", err
	}
	return made, value, nil
}

func (m minedSCM) CreateDeployToken(ctx context.Context, project int64, n scm.NewDeployToken) (scm.DeployToken, string, error) {
	value := ""
	made, err := effect(m.bomb, "scm", func() (made scm.DeployToken, err error) {
		made, value, err = m.Client.CreateDeployToken(ctx, project, n)
		return made, err
	})
	if err != nil { // as above
		return scm.DeployToken{}, "", err
	}
	return made, value, nil
}

func (m minedSCM) RevokeDeployToken(ctx context.Context, project, token int64) error {
	return m.change(func() error { return m.Client.RevokeDeployToken(ctx, project, token) })
}

func (m minedSCM) ProtectBranch(ctx context.Context, project int64, name string) error {
	return m.change(func() error { return m.Client.ProtectBranch(ctx, project, name) })
}

func (m minedSCM) CreateIssue(ctx context.Context, project int64, n scm.NewIssue) (scm.Issue, error) {
	return effect(m.bomb, "scm", func() (scm.Issue, error) { return m.Client.CreateIssue(ctx, project, n) })
}

func (m minedSCM) UpdateIssue(ctx context.Context, project, number int64, c scm.IssueChange) (scm.Issue, error) {
	return effect(m.bomb, "scm", func() (scm.Issue, error) { return m.Client.UpdateIssue(ctx, project, number, c) })
}

func (m minedSCM) DeleteIssue(ctx context.Context, project, number int64) error {
	return m.change(func() error { return m.Client.DeleteIssue(ctx, project, number) })
}

func (m minedSCM) SetMember(ctx context.Context, of scm.Membership, level int) error {
	return m.change(func() error { return m.Client.SetMember(ctx, of, level) })
}

func (m minedSCM) RemoveMember(ctx context.Context, of scm.Membership) error {
	return m.change(func() error { return m.Client.RemoveMember(ctx, of) })
}

func (m minedSCM) change(do func() error) error {
	_, err := effect(m.bomb, "scm", func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// TestEveryChangeOfGitLabIsMined makes sure that no call that changes something passes by
// the bomb.
func TestEveryChangeOfGitLabIsMined(t *testing.T) {
	t.Parallel()
	changing := []string{"Create", "Delete", "Update", "Enable", "Start", "Cancel", "Close", "Revoke", "Commit", "Protect", "Set", "Remove"}
	mined := reflect.TypeFor[minedSCM]()
	for i := range mined.NumMethod() {
		name := mined.Method(i).Name
		changes := name != "Commits" && name != "ProtectedBranches" && slices.ContainsFunc(changing, func(verb string) bool { return strings.HasPrefix(name, verb) })
		pc := mined.Method(i).Func.Pointer()
		if own := ownMethod(pc); own != changes {
			t.Errorf("%s is mined: %v, changes something: %v", name, own, changes)
		}
	}
}

// ownMethod reports whether a method was written here rather than taken over from the
// interface that is embedded: the compiler makes the latter.
func ownMethod(pc uintptr) bool {
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	return strings.HasSuffix(file, "bomb_gitlab_test.go")
}
