package actions

import (
	"context"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

const (
	envProvidersName  = "get-env-providers"
	ssmParametersName = "get-ssm-parameters"
)

type envProvidersInput struct {
	EnvironmentRef string `json:"environmentRef"`
}

// envProvider is a provider in the words of Harmonix's templates.
type envProvider struct {
	Name             string `json:"envProviderName"`
	Type             string `json:"envProviderType"`
	Prefix           string `json:"envProviderPrefix"`
	Account          string `json:"accountId"`
	Region           string `json:"region"`
	VPC              string `json:"vpcId"`
	PublicSubnets    string `json:"publicSubnets"` // ids with commas between them
	PrivateSubnets   string `json:"privateSubnets"`
	Cluster          string `json:"clusterArn"`
	ProvisioningRole string `json:"assumedRoleArn"`
	KubectlFunction  string `json:"kubectlLambdaArn,omitempty"`
	KubectlRole      string `json:"kubectlLambdaRoleArn,omitempty"`
}

func newEnvProviders(family string, envs Described, known *knownParameters) Action {
	id := family + envProvidersName
	outputs := []string{"envName", "envShortName", "envRef", "envDeployManualApproval", "envProviders"}
	return lookup{id: id, outputs: outputs, read: func(ctx context.Context, c Call) (Result, error) {
		in, err := decodeInput[envProvidersInput](c)
		if err == nil {
			err = required(id, "environmentRef", in.EnvironmentRef)
		}
		if err != nil {
			return Result{}, err
		}
		env, err := envs.Describe(ctx, in.EnvironmentRef)
		if err != nil {
			return Result{}, err
		}
		providers := []envProvider{}
		for _, site := range env.Providers {
			p, err := readProvider(ctx, c, site, known)
			if err != nil {
				return Result{}, err
			}
			providers = append(providers, p.defused())
		}
		// Templates test the approval for truth, and some print it: a no is the empty text.
		var approval any = ""
		if env.RequiresApproval {
			approval = true
		}
		return Result{Detail: fmt.Sprintf("%s: %s", env.Name, providerNames(providers)), Outputs: map[string]any{
			"envName": env.Name, "envShortName": operations.Defused(env.ShortName), "envRef": in.EnvironmentRef, "envDeployManualApproval": approval, "envProviders": providers,
		}}, nil
	}}
}

// defused gives the provider without anything in it that would be taken for a secret of the
// task: others write entities and parameters.
func (p envProvider) defused() envProvider {
	for _, f := range []*string{
		&p.Type, &p.Prefix, &p.VPC, &p.PublicSubnets, &p.PrivateSubnets, &p.Cluster, &p.ProvisioningRole, &p.KubectlFunction, &p.KubectlRole,
	} {
		*f, _ = operations.Defused(*f).(string)
	}
	return p
}

func providerNames(list []envProvider) string {
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// readProvider reads what a provider's own pipeline has noted in its account.
func readProvider(ctx context.Context, c Call, s environments.Site, known *knownParameters) (envProvider, error) {
	p := envProvider{
		Name: s.Name, Type: s.Type, Prefix: s.Prefix, Account: s.Account, Region: s.Region,
		VPC: s.VPC, Cluster: s.Cluster, ProvisioningRole: s.ProvisioningRole, KubectlFunction: s.KubectlFunction, KubectlRole: s.ClusterAdminRole,
	}
	if strings.HasPrefix(s.VPC, "/") {
		p.PublicSubnets, p.PrivateSubnets = s.VPC+"/public-subnets", s.VPC+"/private-subnets"
	}
	fields := []*string{&p.VPC, &p.PublicSubnets, &p.PrivateSubnets, &p.Cluster, &p.ProvisioningRole}
	var names []string
	for _, f := range fields {
		if strings.HasPrefix(*f, "/") {
			names = append(names, *f)
		}
	}
	if len(names) == 0 {
		return p, nil
	}
	found, err := known.all(ctx, siteOf(c, s), names, siteName(s))
	if errs.KindOf(err) == errs.Invalid {
		return p, errs.New(errs.Invalid, errs.Message(err)+": its infrastructure may not be deployed completely")
	}
	if err != nil {
		return p, err
	}
	for _, f := range fields {
		if value, there := found[*f]; there && value.Secret {
			return p, errs.New(errs.Invalid, fmt.Sprintf("the parameter %s of %s is kept encrypted, which only secrets are", errs.Clip(*f), s.Ref))
		} else if there {
			*f = value.Value
		}
	}
	return p, nil
}

func siteOf(c Call, s environments.Site) Place {
	return Place{Account: s.Account, Region: s.Region, Role: s.OperationsRole, Operation: c.Operation}
}

func siteName(s environments.Site) string {
	return fmt.Sprintf("%s (account %s, %s)", s.Ref, s.Account, s.Region)
}

const envProviderSchema = `{"type":"object","required":["envProviderName","accountId","region"],"properties":{
"envProviderName":{"type":"string","description":"The provider's name"},
"envProviderType":{"type":"string","description":"ecs, eks, serverless or gen-ai-serverless"},
"envProviderPrefix":{"type":"string","description":"The prefix of what is deployed there"},
"accountId":{"type":"string","description":"The AWS account"},
"region":{"type":"string","description":"The AWS region"},
"vpcId":{"type":"string","description":"The network"},
"publicSubnets":{"type":"string","description":"Ids of its public subnets, with commas between them"},
"privateSubnets":{"type":"string","description":"Ids of its private subnets, with commas between them"},
"clusterArn":{"type":"string","description":"The cluster; empty where there is none"},
"assumedRoleArn":{"type":"string","description":"The role that pipelines assume to deploy"},
"kubectlLambdaArn":{"type":"string","description":"The function that speaks to a Kubernetes cluster"},
"kubectlLambdaRoleArn":{"type":"string","description":"The role it does that with"}}}`

func envProvidersSpec(family string) Spec {
	return Spec{
		ID: family + envProvidersName,
		Description: "Reads an environment of the catalog and what the pipelines of its providers have noted in their accounts. " +
			"A provider that is not completely deployed is an error that says what is missing.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["environmentRef"],"additionalProperties":false,"properties":{
"environmentRef":{"type":"string","description":"The environment, awsenvironment:default/dev"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,
"required":["envName","envShortName","envRef","envDeployManualApproval","envProviders"],"properties":{
"envName":{"type":"string","description":"The environment's name"},
"envShortName":{"type":"string","description":"Its short name; empty when it has none"},
"envRef":{"type":"string","description":"The ref that was asked for"},
"envDeployManualApproval":{"enum":[true,""],"description":"true when somebody has to approve deployments, else empty"},
"envProviders":{"type":"array","items":` + envProviderSchema + `,"description":"Its providers"}}}`),
		Examples: []Example{{"Write a file for each provider", `steps:
  - id: environment
    name: Where it will run
    action: ` + family + envProvidersName + `
    input:
      environmentRef: ${{ parameters.environment }}
  - id: properties
    name: Settings of each provider
    each: ${{ steps.environment.output.envProviders }}
    action: ` + family + writeFileName + `
    input:
      path: .awsdeployment/providers/${{ steps.environment.output.envName }}-${{ each.value.envProviderName }}.properties
      content: ACCOUNT=${{ each.value.accountId }}
`}},
	}
}

type ssmParametersInput struct {
	ParamKeys    []string      `json:"paramKeys"`
	EnvProviders []envProvider `json:"envProviders"`
}

// newSSMParameters makes the action that reads parameters of providers' accounts. Which role
// it assumes, and in which account, the catalog says: of what the template passes, only the
// name, account and region count, and all three have to be those of one provider.
func newSSMParameters(family string, envs Described, known *knownParameters, vault effects.Vault) Action {
	id := family + ssmParametersName
	return lookup{id: id, outputs: []string{"params"}, read: func(ctx context.Context, c Call) (Result, error) {
		in, err := decodeInput[ssmParametersInput](c)
		if err == nil && (in.ParamKeys == nil || in.EnvProviders == nil) {
			err = errs.New(errs.Invalid, id+" needs paramKeys, a list of names of parameters, and envProviders, a list of providers")
		}
		if err != nil {
			return Result{}, err
		}
		params := map[string]any{}
		for _, p := range in.EnvProviders {
			site, err := envs.Site(ctx, p.Name, p.Account, p.Region)
			if err != nil {
				return Result{}, err
			}
			at := siteOf(c, site)
			found, err := known.all(ctx, at, in.ParamKeys, siteName(site))
			if err != nil {
				return Result{}, err
			}
			if params[p.Name], err = shownParameters(ctx, c, vault, at, found); err != nil {
				return Result{}, err
			}
		}
		return Result{Outputs: map[string]any{"params": params}, Detail: providerNames(in.EnvProviders)}, nil
	}}
}

func ssmParametersSpec(family string) Spec {
	return Spec{
		ID: family + ssmParametersName,
		Description: "Reads parameters of the accounts of environment providers, with each provider's operations role. One that does not exist is an error; " +
			"one that is kept encrypted becomes a secret of the task, of which outputs hold only a reference.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["paramKeys","envProviders"],"additionalProperties":false,"properties":{
"paramKeys":{"type":"array","items":{"type":"string"},"description":"The names of the parameters"},
"envProviders":{"type":"array","items":` + envProviderSchema + `,"description":"The providers, as ` + family + envProvidersName + ` gives them"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["params"],"additionalProperties":false,"properties":{
"params":{"type":"object","additionalProperties":{"type":"object","additionalProperties":{"type":"string"}},"description":"The values by provider and name"}}}`),
		Examples: []Example{{"Read a parameter of each provider", `steps:
  - id: environment
    name: Where it will run
    action: ` + family + envProvidersName + `
    input:
      environmentRef: ${{ parameters.environment }}
  - id: params
    name: What is noted there
    action: ` + family + ssmParametersName + `
    input:
      paramKeys: ["/shared/certificate-arn"]
      envProviders: ${{ steps.environment.output.envProviders }}
`}},
	}
}
