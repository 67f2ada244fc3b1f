package template

import (
	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/ingest"
)

// event gives a change to a property of a function's event source.
func event(function, name string, value any, keys ...string) func(Template) {
	return set(function, value, append([]string{"Events", name, "Properties"}, keys...)...)
}

// target gives a change that takes something from the first target of a rule.
func target(rule, key string) func(Template) {
	return func(t Template) { delete(t.Resources[rule].Props["Targets"].([]any)[0].(Map), key) }
}

// consumers gives what stands behind each rule of the bus.
func consumers() map[string]bus.Rule {
	return map[string]bus.Rule{
		"GitLabEventsRule": ingest.Rule(),
		"AuditRule":        {Types: audit.Types()},
	}
}

func accessChecks() []check {
	return []check{
		{"routes", Routes, []breakage{
			{"a function that can't verify tokens", set("CatalogFunction", nil, "Environment", "Variables", "OIDC_ISSUER"), "ANY /api/catalog/{proxy+}: CatalogFunction has no OIDC_ISSUER"},
			{"a receiver without its secret", set("WebhooksFunction", nil, "Environment", "Variables", "WEBHOOK_SECRET"), "WEBHOOK_SECRET"},
			{"a new route to the receiver", event("WebhooksFunction", "GitLab", "/webhooks/other", "Path"), "POST /webhooks/other"},
		}},
		{"roles", Roles, []breakage{
			{"two functions with one role", set("AuditFunction", Map{"Fn::GetAtt": "RelayRole.Arn"}, "Role"), "share RelayRole"},
			{"a role that SAM makes", set("AuditFunction", nil, "Role"), "AuditFunction has no role"},
			{"policies beside the role", set("AuditFunction", []any{"AmazonS3FullAccess"}, "Policies"), "belong into its role"},
		}},
		{"wildcards", Wildcards, []breakage{
			{"every action", allow("AuditRole", "*", "arn"), "AuditRole allows *"},
			{"every action of a service", allow("AuditRole", "s3:*", "arn"), "AuditRole allows s3:*"},
			{"every resource", allow("AuditRole", "dynamodb:PutItem", "*"), "AuditRole allows dynamodb:PutItem on everything"},
			{"a managed policy", set("AuditRole", []any{"arn:aws:iam::aws:policy/AdministratorAccess"}, "ManagedPolicyArns"), "managed policy"},
			{"everything but", func(tpl Template) {
				allow("AuditRole", "s3:GetObject", "arn")(tpl)
				list := At(tpl.Props("AuditRole")["Policies"].([]any)[0], "PolicyDocument", "Statement").([]any)
				list[len(list)-1].(Map)["NotAction"] = "s3:PutObject"
			}, "by exception"},
		}},
		{"trust", Trust, []breakage{
			{"anybody", set("AuditRole", Map{"Statement": Map{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}, "AssumeRolePolicyDocument"), "AuditRole"},
			{"an account", set("AuditRole", Map{"Statement": Map{"Effect": "Allow", "Principal": Map{"AWS": "111111111111"}, "Action": "sts:AssumeRole"}}, "AssumeRolePolicyDocument"), "AuditRole"},
		}},
		{"sessions", Sessions, []breakage{
			{"of nobody", allow("CreationRole", "sts:AssumeRole", "arn"), "CreationRole assumes roles without saying for whom"},
			{"anywhere", allow("CreationRole", "sts:AssumeRole", "arn"), "CreationRole assumes roles of any account"},
		}},
		{"audit appends", AuditAppends, []breakage{
			{"deletion", allow("AuditRole", "dynamodb:DeleteItem", Map{"Fn::GetAtt": "AuditTable.Arn"}), "dynamodb:DeleteItem"},
			{"deletion by another", allow("ReconcileRole", "dynamodb:UpdateItem", []any{Map{"Fn::GetAtt": "AuditTable.Arn"}}), "ReconcileRole"},
		}},
		{"secrets", Secrets, []breakage{
			{"a writer of any", allow("CreationRole", "secretsmanager:PutSecretValue", "arn"), "CreationRole may write secrets that are not its own"},
			{"another that makes them", allow("StreamRole", "secretsmanager:CreateSecret", "arn"), "StreamRole may not mark the secrets that it makes"},
			{"another that marks them", allow("StreamRole", "secretsmanager:TagResource", "arn"), "StreamRole may make the secret SealingKey its own"},
			{"another reader", allow("StreamRole", "secretsmanager:GetSecretValue", Map{"Fn::GetAtt": "SealingKey.Id"}), "StreamRole may read the secret map[Fn::GetAtt:SealingKey.Id]"},
			{"the wrong token", allow("ScaffolderRole", "secretsmanager:GetSecretValue", []any{Map{"Ref": "GitLabWriteTokenSecretArn"}}), "ScaffolderRole"},
			{"one of two", allow("CatalogRole", "secretsmanager:GetSecretValue", Map{"Fn::If": []any{"RepairsHooks", Map{"Ref": "GitLabWriteTokenSecretArn"}, Map{"Ref": "GitLabReadTokenSecretArn"}}}), "CatalogRole"},
			{"not by name", allow("CatalogRole", "secretsmanager:GetSecretValue", Map{"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:*"}), "CatalogRole"},
		}},
		{"snapshots", Snapshots, []breakage{
			{"a reader that writes", allow("CatalogRole", "s3:PutObject", Map{"Fn::Sub": "${SnapshotBucket.Arn}/catalog/*"}), "CatalogRole allows s3:PutObject"},
			{"another reader", allow("IngestRole", "s3:ListBucket", []any{Map{"Fn::GetAtt": "SnapshotBucket.Arn"}}), "IngestRole"},
		}},
	}
}

// behaviour gives a change to what the distribution does with the n-th path of its own.
func behaviour(n int, key string, value any) func(Template) {
	return func(t Template) {
		At(t.Props("Distribution"), "DistributionConfig", "CacheBehaviors").([]any)[n].(Map)[key] = value
	}
}

func edgeChecks() []check {
	return []check{
		{"edge", Edge, []breakage{
			{"a path less", func(t Template) {
				config := t.Props("Distribution")["DistributionConfig"].(Map)
				config["CacheBehaviors"] = config["CacheBehaviors"].([]any)[:1]
			}, "Distribution streams [/api/scaffolder"},
			{"everything streams", set("Distribution", "stream", "DistributionConfig", "DefaultCacheBehavior", "TargetOriginId"), "does not lead to the HTTP API"},
			{"a path that does not stream", behaviour(1, "TargetOriginId", "api"), "/api/operations/*/log/stream does not lead to a function URL"},
			{"answers that are kept", behaviour(0, "CachePolicyId", "658327ea-f89d-4fab-a63d-7e88639e58f6"), "CachePolicyId of stream"},
			{"in clear", set("Distribution", "allow-all", "DistributionConfig", "DefaultCacheBehavior", "ViewerProtocolPolicy"), "ViewerProtocolPolicy of api"},
			{"the host of the caller", behaviour(0, "OriginRequestPolicyId", "216adef6-5c7f-47e4-b989-5492eafa07d3"), "OriginRequestPolicyId"},
			{"a signature that gives way", set("StreamAccess", "no-override", "OriginAccessControlConfig", "SigningBehavior"), "is not signed"},
			{"a token that is lost", behaviour(0, "FunctionAssociations", []any{}), "eventstream loses the caller's token"},
			{"a short silence", func(t Template) {
				origins := At(t.Props("Distribution"), "DistributionConfig", "Origins").([]any)
				origins[1].(Map)["CustomOriginConfig"].(Map)["OriginReadTimeout"] = "10"
			}, "given up while it keeps silent"},
			{"no distribution", func(t Template) { delete(t.Resources, "Distribution") }, "there are 0 distributions"},
		}},
		{"function URLs", FunctionURLs, []breakage{
			{"anybody", set("StreamFunction", "NONE", "FunctionUrlConfig", "AuthType"), "StreamFunction answers anybody"},
			{"whole answers", set("StreamFunction", "BUFFERED", "FunctionUrlConfig", "InvokeMode"), "does not stream"},
			{"no issuer", set("StreamFunction", nil, "Environment", "Variables", "OIDC_ISSUER"), "StreamFunction has no OIDC_ISSUER"},
			{"every distribution", set("StreamInvocation", nil, "SourceArn"), "StreamInvocation lets in more"},
			{"every principal", set("StreamInvocation", "*", "Principal"), "StreamInvocation lets in more"},
			{"around the URL", set("StreamInvocationOfFunction", nil, "InvokedViaFunctionUrl"), "lets in around the URL"},
			{"one permission", func(t Template) { delete(t.Resources, "StreamInvocationOfFunction") }, "asks for two permissions"},
		}},
	}
}

func deliveryChecks() []check {
	return []check{
		{"targets", Targets, []breakage{
			{"no dead-letter queue", target("AuditRule", "DeadLetterConfig"), "AuditRule: a target has no dead-letter queue"},
			{"no retries", target("AuditRule", "RetryPolicy"), "AuditRule: a target has no retry policy"},
		}},
		{"patterns", func(t Template) []string { return Patterns(t, consumers()) }, []breakage{
			{"a type less", set("AuditRule", []any{Map{"prefix": "slipway.operation."}}, "EventPattern", "detail-type"), "AuditRule selects the types"},
			{"a prefix too wide", set("GitLabEventsRule", []any{Map{"prefix": "slipway.gitlab."}}, "EventPattern", "detail-type"), "GitLabEventsRule selects the types"},
			{"a source more", set("GitLabEventsRule", []any{"slipway.webhooks"}, "EventPattern", "source"), "GitLabEventsRule selects the sources"},
			{"a new rule", func(t Template) { t.Resources["NewRule"] = t.Resources["AuditRule"] }, "NewRule leads"},
		}},
		{"consumers", Consumers, []breakage{
			{"no dead-letter queue", set("AuditQueue", nil, "RedrivePolicy"), "AuditQueue has no dead-letter queue"},
			{"a standard queue behind a FIFO queue", set("AuditDlq", nil, "FifoQueue"), "different types"},
			{"a short visibility", set("AuditQueue", "179", "VisibilityTimeout"), "AuditQueue hides messages for 179 s"},
			{"whole batches", event("AuditFunction", "AuditEvents", nil, "FunctionResponseTypes"), "AuditFunction.AuditEvents"},
			{"several of a FIFO queue", event("AuditFunction", "AuditEvents", "10", "BatchSize"), "AuditQueue is received 10 at a time"},
		}},
		{"streams", Streams, []breakage{
			{"no dead-letter queue", event("RelayFunction", "Catalog", nil, "DestinationConfig"), "RelayFunction.Catalog has no dead-letter queue"},
			{"retried for ever", event("RelayFunction", "Catalog", "-1", "MaximumRetryAttempts"), "MaximumRetryAttempts"},
			{"kept for ever", event("RelayFunction", "Catalog", nil, "MaximumRecordAgeInSeconds"), "MaximumRecordAgeInSeconds"},
			{"not split", event("RelayFunction", "Catalog", nil, "BisectBatchOnFunctionError"), "split"},
			{"not filtered", event("RelayFunction", "Catalog", nil, "FilterCriteria"), "every write"},
			{"whole batches", event("RelayFunction", "Catalog", nil, "FunctionResponseTypes"), "whole batch"},
		}},
		{"schedules", Schedules, []breakage{
			{"no dead-letter queue", event("ReconcileMachine", "Schedule", nil, "DeadLetterConfig"), "no dead-letter queue"},
			{"no retries", event("ReconcileMachine", "Schedule", nil, "RetryPolicy"), "no retry policy"},
		}},
		{"failures", Failures, []breakage{
			{"an alarm less", func(t Template) { delete(t.Resources, "ReconcileFailedAlarm") }, "ReconcileMachine has no alarm"},
		}},
		{"alarms", Alarms, []breakage{
			{"an alarm less", func(t Template) { delete(t.Resources, "RelayDlqAlarm") }, "RelayDlq has no alarm"},
		}},
	}
}

func storageChecks() []check {
	return []check{
		{"tables", Tables, []breakage{
			{"no restore", set("AuditTable", "false", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), "AuditTable can't be restored"},
			{"fixed protection", set("AuditTable", "false", "DeletionProtectionEnabled"), "not protected"},
			{"deleted with the stack", func(t Template) { delete(t.Resources["AuditTable"].Body, "DeletionPolicy") }, "lost with its stack"},
			{"replaced", func(t Template) { delete(t.Resources["AuditTable"].Body, "UpdateReplacePolicy") }, "lost when it is replaced"},
			{"no expiry", set("AuditTable", nil, "TimeToLiveSpecification"), "does not expire"},
			{"not encrypted", set("AuditTable", nil, "SSESpecification"), "not encrypted"},
			{"provisioned", set("AuditTable", "PROVISIONED", "BillingMode"), "idle"},
		}},
		{"queues", Queues, []breakage{{"plain", set("RelayDlq", nil, "SqsManagedSseEnabled"), "RelayDlq"}}},
		{"buckets", Buckets, []breakage{
			{"public", set("WorkspaceBucket", "false", "PublicAccessBlockConfiguration", "BlockPublicAcls"), "BlockPublicAcls"},
			{"grows", set("WorkspaceBucket", nil, "LifecycleConfiguration"), "grows"},
			{"plain HTTP", func(t Template) { delete(t.Resources, "WorkspaceBucketPolicy") }, "plain HTTP"},
		}},
		{"logs", Logs, []breakage{
			{"kept for ever", set("AuditLogs", nil, "RetentionInDays"), "AuditLogs"},
			{"a group of Lambda's own", set("AuditFunction", nil, "LoggingConfig"), "AuditFunction logs"},
			{"no access log", set("HttpApi", nil, "AccessLogSettings"), "no access log"},
			{"no throttle", set("HttpApi", nil, "DefaultRouteSettings"), "any number"},
			{"no execution log", set("CreateAppMachine", nil, "Logging", "Destinations"), "does not log"},
			{"execution data", set("CreateAppMachine", "true", "Logging", "IncludeExecutionData"), "execution data"},
		}},
	}
}
