package tasks

import (
	"encoding/json"

	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// Spec is what a task runs (TaskSpecV1beta3).
type Spec struct {
	APIVersion   string          `json:"apiVersion"`
	Steps        []Step          `json:"steps"`
	Output       keyorder.Object `json:"output"`
	Parameters   keyorder.Object `json:"parameters"`
	User         User            `json:"user"`
	TemplateInfo TemplateInfo    `json:"templateInfo"`
}

// Step is one call of an action, as the template has it.
type Step struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	Action string          `json:"action"`
	Input  keyorder.Object `json:"input,omitzero"`
	If     any             `json:"if,omitempty"`
	Each   any             `json:"each,omitempty"`
}

// User is who asked for a task.
type User struct {
	Entity json.RawMessage `json:"entity,omitempty"` // as it was when the task began
	Ref    string          `json:"ref,omitempty"`
}

// TemplateInfo tells which template a task runs.
type TemplateInfo struct {
	EntityRef string      `json:"entityRef"`
	BaseURL   string      `json:"baseUrl,omitempty"` // where its relative URLs begin
	Entity    *EntityInfo `json:"entity,omitempty"`
}

// EntityInfo is the part of an entity that tasks show.
type EntityInfo struct {
	Metadata json.RawMessage `json:"metadata"`
}

// Action is what steps can call, as shown to who writes templates.
type Action struct {
	ID          string          `json:"id"`
	Description string          `json:"description,omitempty"`
	Examples    []ActionExample `json:"examples,omitempty"`
	Schema      ActionSchema    `json:"schema"`
}

// ActionExample is a use of an action.
type ActionExample struct {
	Description string `json:"description"`
	Example     string `json:"example"` // steps of a template, in YAML
}

// ActionSchema is what an action takes and gives, in JSON Schema.
type ActionSchema struct {
	Input  json.RawMessage `json:"input,omitempty"`
	Output json.RawMessage `json:"output,omitempty"`
}
