// Package expression owns the language of rules:if: variables, strings, null, patterns,
// comparison (== != =~ !~), && and || with parentheses.
//
// It follows GitLab in what surprises, too: && and || give one of their operands back, an
// empty string counts as present inside them, and only the whole expression is false when
// it ends up empty or null. Patterns are RE2, so a hostile one can't take long.
//
// Flow: Parse once per rule, which reports what is wrong with the text, then Match with
// the variables of the pipeline or job.
//
// Protocol: https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions
package expression
