package gitlabci

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// checker collects what is wrong with a configuration, in GitLab's words. "at" is the
// place as GitLab prints it, "jobs:build:script".
type checker struct {
	errors   []string
	warnings []string
}

// maxMessages keeps an answer readable for a file with thousands of mistakes.
const maxMessages = 100

func (c *checker) errorf(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); len(c.errors) < maxMessages && !slices.Contains(c.errors, text) {
		c.errors = append(c.errors, text)
	}
}

func unknownKeys(m *document.Map, allowed ...string) []string {
	var out []string
	for _, k := range m.Keys() {
		if !slices.Contains(allowed, k) {
			out = append(out, k)
		}
	}
	return out
}

// hash reads a mapping with a closed set of keys.
func (c *checker) hash(at string, v document.Value, allowed ...string) *document.Map {
	m, ok := v.(*document.Map)
	if !ok {
		c.errorf("%s config should be a hash", at)
		return nil
	}
	if unknown := unknownKeys(m, allowed...); len(unknown) > 0 {
		c.errorf("%s config contains unknown keys: %s", at, strings.Join(unknown, ", "))
	}
	return m
}

func (c *checker) boolean(at string, v document.Value) *bool {
	b, ok := v.(bool)
	if !ok {
		c.errorf("%s should be a boolean value", at)
		return nil
	}
	return &b
}

// text reads an optional string.
func (c *checker) text(at string, v document.Value) string {
	s, ok := v.(string)
	if !ok && v != nil {
		c.errorf("%s should be a string", at)
	}
	return s
}

func (c *checker) oneOf(at string, v document.Value, allowed []string) string {
	s, ok := v.(string)
	if !ok || !slices.Contains(allowed, s) {
		c.errorf("%s should be one of: %s", at, strings.Join(allowed, ", "))
	}
	return s
}

// stringsOf takes a list of strings, or one string as a list.
func stringsOf(v document.Value) ([]string, bool) {
	var out []string
	for _, item := range listOf(v) {
		s, ok := item.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

func (c *checker) stringList(at string, v document.Value) []string {
	if _, ok := v.([]document.Value); !ok && v != nil {
		c.errorf("%s should be an array of strings", at)
		return nil
	}
	out, ok := stringsOf(v)
	if !ok {
		c.errorf("%s should be an array of strings", at)
	}
	return out
}

// maxScriptNesting is how deep lists may nest in a script, for !reference.
const maxScriptNesting = 10

// script reads a command or a list of them.
func (c *checker) script(at string, v document.Value) []string {
	flat, ok := flatten(listOf(v), maxScriptNesting)
	var out []string
	for _, item := range flat {
		line, isText := item.(string)
		ok = ok && isText
		out = append(out, line)
	}
	if !ok {
		c.errorf("%s config should be a string or a nested array of strings up to %d levels deep", at, maxScriptNesting)
		return nil
	}
	return out
}

// durationForm is what GitLab's parser takes of "1 day 3 hours", "3h 30m", "90".
var durationForm = regexp.MustCompile(`(?i)^\s*(\d+(\.\d+)?\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|mos?|months?|y|yrs?|years?)?(\s*,?\s*(and\s+)?|$))+$`)

func (c *checker) duration(at string, v document.Value) string {
	s, ok := document.Text(v)
	if !ok || v == nil || len(s) > 100 || !durationForm.MatchString(s) {
		c.errorf("%s should be a duration", at)
	}
	return s
}

// tiers are the deployment tiers of an environment.
var tiers = []string{"production", "staging", "testing", "development", "other"}

var (
	environmentActions = []string{"start", "stop", "prepare", "verify", "access"}
	environmentName    = regexp.MustCompile(`^[a-zA-Z0-9_/$}{. -]+$`)
)

func (c *checker) readEnvironment(at string, v document.Value) *Environment {
	if name, ok := v.(string); ok {
		v = document.NewMap()
		v.(*document.Map).Set("name", name)
	}
	m, ok := v.(*document.Map)
	if !ok {
		c.errorf("%s config should be a hash or a string", at)
		return nil
	}
	if unknown := unknownKeys(m, "name", "url", "action", "on_stop", "deployment_tier", "auto_stop_in", "kubernetes"); len(unknown) > 0 {
		c.errorf("%s config contains unknown keys: %s", at, strings.Join(unknown, ", "))
	}
	e := &Environment{Action: "start"}
	e.Name = c.text(at+" name", m.Get("name"))
	switch {
	case e.Name == "":
		c.errorf("%s name can't be blank", at)
	case !environmentName.MatchString(e.Name):
		c.errorf("%s name can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces", at)
	}
	if e.URL = c.text(at+" url", m.Get("url")); len(e.URL) > 255 {
		c.errorf("%s url is too long (maximum is 255 characters)", at)
	}
	if m.Has("action") {
		e.Action = c.text(at+" action", m.Get("action"))
		if !slices.Contains(environmentActions, e.Action) {
			c.errorf("%s action should be start, stop, prepare, verify, or access", at)
		}
	}
	if m.Has("deployment_tier") {
		e.DeploymentTier = c.text(at+" deployment tier", m.Get("deployment_tier"))
		if !slices.Contains(tiers, e.DeploymentTier) {
			c.errorf("%s deployment tier must be one of %s", at, strings.Join(tiers, ", "))
		}
	}
	if m.Has("auto_stop_in") && !strings.Contains(scalarText(m.Get("auto_stop_in")), "$") && scalarText(m.Get("auto_stop_in")) != "never" {
		c.duration(at+" auto stop in", m.Get("auto_stop_in"))
	}
	e.OnStop = c.text(at+" on stop", m.Get("on_stop"))
	return e
}

// readIDTokens reads id_tokens: every token names its audience.
func (c *checker) readIDTokens(at string, v document.Value) map[string]string {
	m, ok := v.(*document.Map)
	if !ok {
		c.errorf("%s config should be a hash", at)
		return nil
	}
	out := make(map[string]string, m.Len())
	for _, name := range m.Keys() {
		token := c.hash(at+":"+name, m.Get(name), "aud")
		if token == nil {
			continue
		}
		if !token.Has("aud") {
			c.errorf("%s:%s config missing required keys: aud", at, name)
			continue
		}
		audiences, ok := stringsOf(token.Get("aud"))
		if !ok || len(audiences) == 0 {
			c.errorf("%s:%s aud should be an array of strings or a string", at, name)
		}
		out[name] = strings.Join(audiences, ",")
	}
	return out
}

// readImage takes a name, or a hash with one; it also reads services.
func (c *checker) readImage(at string, v document.Value, keys ...string) string {
	if s, ok := v.(string); ok && s != "" {
		return s
	}
	m, ok := v.(*document.Map)
	if !ok {
		c.errorf("%s config should be a hash or a string", at)
		return ""
	}
	if unknown := unknownKeys(m, keys...); len(unknown) > 0 {
		c.errorf("%s config contains unknown keys: %s", at, strings.Join(unknown, ", "))
	}
	name := c.text(at+" name", m.Get("name"))
	if name == "" {
		c.errorf("%s name can't be blank", at)
	}
	return name
}

// retryWhen are the reasons that retry:when takes.
var retryWhen = []string{
	"always", "unknown_failure", "script_failure", "api_failure", "stuck_or_timeout_failure",
	"runner_system_failure", "runner_unsupported", "stale_schedule", "job_execution_timeout", "archived_failure",
	"unmet_prerequisites", "scheduler_failure", "data_integrity_failure", "missing_dependency_failure",
}

// maxRetry is GitLab's highest number of automatic retries.
const maxRetry = 2

func (c *checker) readRetry(at string, v document.Value) (count int, when []string) {
	if m, ok := v.(*document.Map); ok {
		c.hash(at, m, "max", "when", "exit_codes")
		when, ok = stringsOf(m.Get("when"))
		for _, w := range when {
			ok = ok && slices.Contains(retryWhen, w)
		}
		if !ok {
			c.errorf("%s when is not known", at)
		}
		at, v = at+" max", m.Get("max")
		if v == nil {
			return maxRetry, when
		}
	} else {
		at += " config"
	}
	n, ok := v.(int64)
	switch {
	case !ok:
		c.errorf("%s should be a hash or an integer", at)
	case n > maxRetry:
		c.errorf("%s must be less than or equal to %d", at, maxRetry)
	case n < 0:
		c.errorf("%s must be greater than or equal to 0", at)
	}
	return int(n), when
}

func (c *checker) readAutoCancel(at string, v document.Value) string {
	m := c.hash(at, v, "on_new_commit", "on_job_failure")
	if m.Has("on_job_failure") {
		c.oneOf(at+" on job failure", m.Get("on_job_failure"), []string{"none", "all"})
	}
	if !m.Has("on_new_commit") {
		return ""
	}
	return c.oneOf(at+" on new commit", m.Get("on_new_commit"), []string{"conservative", "interruptible", "none"})
}
