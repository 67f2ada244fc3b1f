package effects

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/scm"
)

// IssueState is a part of what an issue is; nil is not meant.
type IssueState struct {
	Title        *string   `json:"title,omitempty"`
	Description  *string   `json:"description,omitempty"`
	Type         *string   `json:"type,omitempty"`
	Due          *string   `json:"due,omitempty"` // day, "" for none
	Labels       *[]string `json:"labels,omitempty"`
	Assignees    *[]int64  `json:"assignees,omitempty"`
	Milestone    *int64    `json:"milestone,omitempty"` // 0 for none
	Epic         *int64    `json:"epic,omitempty"`      // 0 for none
	Weight       *int64    `json:"weight,omitempty"`    // below 0 for none
	Confidential *bool     `json:"confidential,omitempty"`
	Locked       *bool     `json:"locked,omitempty"`
	Open         *bool     `json:"open,omitempty"`
}

// of gives the same part of an issue.
func (s IssueState) of(i scm.Issue) IssueState {
	weight, open := int64(-1), i.State == "opened"
	if i.Weight != nil {
		weight = *i.Weight
	}
	return IssueState{
		Title: like(s.Title, i.Title), Description: like(s.Description, i.Description), Type: like(s.Type, i.Type), Due: like(s.Due, i.Due),
		Labels: like(s.Labels, slices.Clone(i.Labels)), Assignees: like(s.Assignees, slices.Clone(i.Assignees)), Milestone: like(s.Milestone, i.Milestone),
		Epic: like(s.Epic, i.Epic), Weight: like(s.Weight, weight), Confidential: like(s.Confidential, i.Confidential),
		Locked: like(s.Locked, i.Locked), Open: like(s.Open, open),
	}
}

// like gives a value where something is meant.
func like[T any](meant *T, value T) *T {
	if meant == nil {
		return nil
	}
	return &value
}

// change asks for the state.
func (s IssueState) change() scm.IssueChange {
	return scm.IssueChange{
		Title: s.Title, Description: s.Description, Type: s.Type, Due: s.Due, Labels: s.Labels, Assignees: s.Assignees, Milestone: s.Milestone,
		Epic: s.Epic, Weight: s.Weight, Confidential: s.Confidential, Locked: s.Locked, Open: s.Open,
	}
}

// is reports whether two states are the same.
func (s IssueState) is(other IssueState) bool { return s.between(other, other) }

// between reports whether everything in a state is as in one of two others.
func (s IssueState) between(a, b IssueState) bool {
	now, left, right := reflect.ValueOf(s.plain()), reflect.ValueOf(a.plain()), reflect.ValueOf(b.plain())
	for i := range now.NumField() {
		value := now.Field(i).Interface()
		if !reflect.DeepEqual(value, left.Field(i).Interface()) && !reflect.DeepEqual(value, right.Field(i).Interface()) {
			return false
		}
	}
	return true
}

// plain gives the state as it is compared: without the order of lists, and the case of
// labels, which GitLab has one of.
func (s IssueState) plain() IssueState {
	if s.Labels != nil {
		labels := []string{}
		for _, l := range *s.Labels {
			labels = append(labels, strings.ToLower(strings.TrimSpace(l)))
		}
		slices.Sort(labels)
		labels = slices.Compact(labels)
		s.Labels = &labels
	}
	if s.Assignees != nil {
		users := append([]int64{}, *s.Assignees...)
		slices.SortFunc(users, cmp.Compare[int64])
		s.Assignees = &users
	}
	if s.Title != nil {
		title := strings.TrimSpace(*s.Title)
		s.Title = &title
	}
	return s
}
