package taskbroker

import (
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

// Actions gives what the steps of templates can call.
func (*Broker) Actions() []tasks.Action {
	list := []tasks.Action{}
	for _, s := range actions.Specs() {
		shown := tasks.Action{ID: s.ID, Description: s.Description, Schema: tasks.ActionSchema{Input: s.Input, Output: s.Output}}
		for _, e := range s.Examples {
			shown.Examples = append(shown.Examples, tasks.ActionExample(e))
		}
		list = append(list, shown)
	}
	return list
}
