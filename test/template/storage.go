package template

import "slices"

// Tables: every table can be restored to any point in time, refuses deletion when the
// parameter says so, survives its stack, is encrypted, expires items and costs nothing idle.
func Tables(t Template) []string {
	var found []string
	for _, name := range t.OfType(Table) {
		p := t.Props(name)
		for _, rule := range []struct {
			holds bool
			text  string
		}{
			{Text(At(p, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")) == "true", "can't be restored to a point in time"},
			{Target(p["DeletionProtectionEnabled"]) == "DeletionProtection", "is not protected from deletion"},
			{Text(t.Resources[name].Body["UpdateReplacePolicy"]) == "Retain", "is lost when it is replaced"},
			{Text(t.Resources[name].Body["DeletionPolicy"]) == "RetainExceptOnCreate", "is lost with its stack"},
			{Text(At(p, "SSESpecification", "SSEEnabled")) == "true", "is not encrypted with a key of the account"},
			{Text(At(p, "TimeToLiveSpecification", "AttributeName")) == "ttl", "does not expire items"},
			{Text(p["BillingMode"]) == "PAY_PER_REQUEST", "costs money while idle"},
		} {
			if !rule.holds {
				found = append(found, name+" "+rule.text)
			}
		}
	}
	return found
}

// Queues: every queue is encrypted.
func Queues(t Template) []string {
	var found []string
	for _, name := range t.OfType(Queue) {
		if Text(t.Props(name)["SqsManagedSseEnabled"]) != "true" {
			found = append(found, name+" is not encrypted")
		}
	}
	return found
}

// Buckets: no bucket is public, each refuses plain HTTP, and what lies in one expires.
func Buckets(t Template) []string {
	var found []string
	for _, name := range t.OfType(Bucket) {
		p := t.Props(name)
		for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if Text(At(p, "PublicAccessBlockConfiguration", block)) != "true" {
				found = append(found, name+" lacks "+block)
			}
		}
		if p["LifecycleConfiguration"] == nil {
			found = append(found, name+" grows for ever")
		}
		if !tlsOnly(t, name) {
			found = append(found, name+" answers plain HTTP")
		}
	}
	return found
}

func tlsOnly(t Template, bucket string) bool {
	return slices.ContainsFunc(t.OfType(BucketPolicy), func(policy string) bool {
		if Target(t.Props(policy)["Bucket"]) != bucket {
			return false
		}
		return slices.ContainsFunc(statements(At(t.Props(policy), "PolicyDocument", "Statement")), func(s Statement) bool {
			return s.Effect == "Deny" && Text(At(s.Condition, "Bool", "aws:SecureTransport")) == "false"
		})
	})
}

// Logs: every log group expires, every function and state machine writes to one of the
// template, the API logs its accesses, and no execution logs what people typed.
func Logs(t Template) []string {
	var found []string
	for _, name := range t.OfType(LogGroup) {
		if t.Props(name)["RetentionInDays"] == nil {
			found = append(found, name+" keeps logs for ever")
		}
	}
	for _, name := range t.OfType(Function) {
		if t.Resources[Target(At(t.Props(name), "LoggingConfig", "LogGroup"))].Type != LogGroup {
			found = append(found, name+" logs to a group outside of the template")
		}
	}
	for _, name := range t.OfType(API) {
		if t.Resources[Target(At(t.Props(name), "AccessLogSettings", "DestinationArn"))].Type != LogGroup {
			found = append(found, name+" has no access log")
		}
		if At(t.Props(name), "DefaultRouteSettings", "ThrottlingRateLimit") == nil {
			found = append(found, name+" takes any number of requests")
		}
	}
	for _, name := range t.OfType(StateMachine) {
		logging := t.Props(name)["Logging"]
		if len(List(At(logging, "Destinations"))) == 0 {
			found = append(found, name+" does not log")
		}
		if Text(At(logging, "IncludeExecutionData")) != "false" {
			found = append(found, name+" logs execution data")
		}
	}
	return found
}
