// Package environments owns what an environment is to the rest of Slipway: an ordered
// target with the AWS accounts, regions and roles behind it. It turns AWSEnvironment
// entities and their AWSEnvironmentProvider entities into typed values and refuses
// whatever does not hold up: accounts that are not on the configured list, roles of other
// accounts or services, levels that leave the order of promotion open.
//
// Every value comes from the catalog, none from a request. It does not store anything,
// assume roles or talk to AWS.
//
// Flow: Resolver.Resolve → Catalog.Entity per environment and provider → read.go, arn.go
// check field by field → all problems at once, or the environments by level. Resolver.Describe
// does the same for environments that Harmonix's pipelines have described.
package environments
