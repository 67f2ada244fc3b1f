package gitlabci

import (
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// jobKeys are the keywords of a job. It is never written.
var jobKeys = map[string]jobKey{
	"extends": {bridge: true, read: func(c *checker, at string, v document.Value, _ *jobConfig) {
		if _, ok := stringsOf(v); !ok {
			c.errorf("%s should be an array of strings or a string", at)
		}
	}},
	"stage": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		s, ok := v.(string)
		if !ok {
			c.errorf("%s config should be a string", at)
		}
		j.stage = s
	}},
	"when": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.when = c.oneOf(attribute(at), v, jobWhen)
	}},
	"rules": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.rules, j.hasRules = c.readRules(at, v, jobRuleKeys), true
	}},
	"only": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.only = c.readPolicy(at, v)
	}},
	"except": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.except = c.readPolicy(at, v)
	}},
	"variables": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.variables = c.readVariables(at, v, "value", "expand")
	}},
	"inherit":       {bridge: true, read: ignore},
	"parallel":      {bridge: true, read: ignore},
	"allow_failure": {bridge: true, read: readAllowFailure},
	"needs": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.needs, j.hasNeeds = c.readNeeds(at, v), true
	}},
	"resource_group": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		if j.job.ResourceGroup = c.text(attribute(at), v); j.job.ResourceGroup == "" {
			c.errorf("%s can't be blank", attribute(at))
		}
	}},
	"environment": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.Environment = c.readEnvironment(at, v)
	}},
	"interruptible": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		if b := c.boolean(at+" config", v); b != nil {
			j.job.Interruptible = *b
		}
	}},
	"manual_confirmation": {bridge: true, read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.ManualConfirmation = c.text(attribute(at), v)
	}},
	"trigger": {bridge: true, read: readTrigger},
	"script": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.Script = c.script(at, v)
	}},
	"run": {read: func(c *checker, at string, v document.Value, _ *jobConfig) {
		if _, ok := v.([]document.Value); !ok {
			c.errorf("%s config should be an array of steps", at)
		}
	}},
	"before_script": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.BeforeScript = c.script(at, v)
	}},
	"after_script": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.AfterScript = c.script(at, v)
	}},
	"image": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.Image = c.readImage(at, v, imageKeys...)
	}},
	"services": {read: readServices},
	"tags": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.Tags = c.stringList(at+" config", v)
	}},
	"start_in": {read: ignore},
	"retry": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.Retry, j.job.RetryWhen = c.readRetry(at, v)
	}},
	"timeout": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.Timeout = c.duration(at+" config", v)
	}},
	"dependencies": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.dependencies, j.hasDeps = c.stringList(attribute(at), v), true
	}},
	"id_tokens": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		j.job.IDTokens = c.readIDTokens(at, v)
	}},
	"artifacts": {read: readArtifacts},
	"cache":     {read: readCache},
	"coverage": {read: func(c *checker, at string, v document.Value, j *jobConfig) {
		if j.job.Coverage = c.text(at+" config", v); !coverageForm.MatchString(j.job.Coverage) {
			c.errorf("%s config must be a regular expression", at)
		}
	}},
	"release": {read: func(c *checker, at string, v document.Value, _ *jobConfig) {
		if m := c.hash(at, v, releaseKeys...); m != nil && !m.Has("tag_name") {
			c.errorf("%s tag name can't be blank", at)
		}
	}},
	"hooks": {read: func(c *checker, at string, v document.Value, _ *jobConfig) {
		if m := c.hash(at, v, "pre_get_sources_script"); m != nil {
			c.script(at+":pre_get_sources_script", m.Get("pre_get_sources_script"))
		}
	}},
	"secrets":  {read: wantHash},
	"publish":  {read: ignore},
	"pages":    {read: ignore},
	"identity": {read: ignore},
}

// attribute prints "jobs:build:when" as "jobs:build when", as GitLab does for plain values.
func attribute(at string) string {
	i := strings.LastIndexByte(at, ':')
	return at[:i] + " " + strings.ReplaceAll(at[i+1:], "_", " ")
}

// ignore is for keywords that are read elsewhere or mean nothing to a simulated job.
func ignore(*checker, string, document.Value, *jobConfig) {}

func wantHash(c *checker, at string, v document.Value, _ *jobConfig) {
	if _, ok := v.(*document.Map); !ok {
		c.errorf("%s config should be a hash", at)
	}
}

func readAllowFailure(c *checker, at string, v document.Value, j *jobConfig) {
	m, ok := v.(*document.Map)
	if !ok {
		b, isBool := v.(bool)
		if !isBool {
			c.errorf("%s should be a hash or a boolean value", attribute(at))
		}
		j.allowFailure = &b
		return
	}
	c.hash(at, m, "exit_codes")
	never := false
	j.allowFailure = &never
	for _, code := range listOf(m.Get("exit_codes")) {
		n, ok := code.(int64)
		if !ok {
			c.errorf("%s exit codes should be an array of integers or an integer", at)
			return
		}
		j.job.AllowFailureCodes = append(j.job.AllowFailureCodes, int(n))
	}
}

// readTrigger accepts a downstream pipeline; the embedded GitLab simulates the job that
// would start it.
func readTrigger(c *checker, at string, v document.Value, _ *jobConfig) {
	if s, ok := v.(string); ok {
		if s == "" {
			c.errorf("%s config can't be blank", at)
		}
		return
	}
	m := c.hash(at, v, triggerKeys...)
	if m != nil && !m.Has("project") && !m.Has("include") {
		c.errorf("%s config must contain project or include", at)
	}
}

func readServices(c *checker, at string, v document.Value, j *jobConfig) {
	list, ok := v.([]document.Value)
	if !ok {
		c.errorf("%s config should be an array", at)
	}
	for _, item := range list {
		j.job.Services = append(j.job.Services, c.readImage(at+":service", item, serviceKeys...))
	}
}

func readArtifacts(c *checker, at string, v document.Value, j *jobConfig) {
	m := c.hash(at, v, artifactKeys...)
	if m == nil {
		return
	}
	j.job.Artifacts = c.stringList(at+" paths", m.Get("paths"))
	c.stringList(at+" exclude", m.Get("exclude"))
	if m.Has("when") {
		c.oneOf(at+" when", m.Get("when"), []string{"on_success", "on_failure", "always"})
	}
	if s := scalarText(m.Get("expire_in")); m.Has("expire_in") && s != "never" && s != "" {
		c.duration(at+" expire in", m.Get("expire_in"))
	}
	if m.Has("reports") {
		wantHash(c, at+":reports", m.Get("reports"), j)
	}
}

func readCache(c *checker, at string, v document.Value, _ *jobConfig) {
	for _, item := range listOf(v) {
		m := c.hash(at, item, cacheKeys...)
		if m == nil {
			continue
		}
		c.stringList(at+" paths", m.Get("paths"))
		if m.Has("policy") && !strings.Contains(scalarText(m.Get("policy")), "$") {
			c.oneOf(at+" policy", m.Get("policy"), []string{"pull", "push", "pull-push"})
		}
	}
}
