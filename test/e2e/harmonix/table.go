package harmonix

// Names of groups and environments that the scenarios make.
const (
	environments = "aws-environments"
	providers    = "aws-environment-providers"
	resources    = "aws-resources"
	apps         = "aws-app"
)

// Groups are the groups that projects go to.
func Groups() []string { return []string{environments, providers, resources, apps} }

// Templates gives all 24.
func Templates() []Template {
	return []Template{
		{Name: "aws-environment", Shape: "environment", Group: environments,
			Values: map[string]any{"environment_type": "ecs", "deploymentRequiresApproval": true, "providers": "awsenvironmentprovider:default/ecs-eu"}},

		provider("aws-ecs-environment-provider", "ecs", network, "", map[string]any{"vpc_configuration": "use_existing", "vpc_id": "vpc-9"}),
		provider("aws-ecs-ec2-environment-provider", "ecs", network+machines, machineValues,
			map[string]any{"vpc_configuration": "create_new", "cidr": "10.0.0.0/24", "ec2InstanceType": "p3.2xlarge", "ec2MaxCapacity": 9}),
		provider("aws-eks-environment-provider", "eks", network+cluster, nodeValues,
			map[string]any{"vpc_configuration": "create_new", "cidr": "10.0.0.0/24", "apiAccess": "public_and_private", "apiAccessCidrs": "0.0.0.0/0", "nodeType": "MANAGED", "instanceType": "m5.large", "nodeGroupMin": 2}),
		provider("aws-eks-environment-existing-cluster-provider", "eks", existing, nodeValues,
			map[string]any{"existingClusterName": "one", "clusterAdminRole": "arn:aws:iam::111111111111:role/admin", "createK8sOpaResources": true, "kubectlLambdaConfiguration": "use_existing", "kubectlLambdaArn": "arn:x"}),
		provider("aws-serverless-environment-provider", "serverless", network, "", map[string]any{"vpc_configuration": "create_new", "cidr": "10.0.0.0/24"}),
		provider("aws-gen-ai-environment-provider", "gen-ai-serverless", network, "", map[string]any{"vpc_configuration": "create_new", "cidr": "10.0.0.0/24"}),
		{Name: "aws-tf-ecs-environment-provider", Shape: "unusable", Group: providers, Unusable: "publish:github",
			Values: map[string]any{"name": "x", "albName": "y"}},
		provider("aws-basic-environment-provider", "ecs", "", "          env_type: @TYPE@\n          awsAccountID: ${{ parameters.awsAccountID }}\n", nil),

		resource("aws-rds", "aws-rds", database, "          TARGET_DB_NAME=${{ parameters.dbName }}\n", "          detail: ${{ parameters.dbObjectName }}\n",
			map[string]any{"dbName": "usersdb", "dbObjectName": "user", "db_type": "PostgreSQL", "instance_size": "small"}),
		resource("aws-s3", "aws-s3", bucket, "          TARGET_BUCKET_NAME=${{ parameters.bucketName | lower }}\n", "          detail: ${{ parameters.bucketName }}\n",
			map[string]any{"bucketName": "my-bucket-1"}),
		resource("aws-secretsmanager", "aws-secretsmanager", secret,
			"          TARGET_ROLES=${{\n            parameters.cross_account_roles\n            }}\n", "          detail: ${{ parameters.hosted_rotation }}/${{ parameters.kms_cmk_arn }}\n",
			map[string]any{"cross_account_roles": "arn:aws:iam::111111111111:role/reader", "hosted_rotation": "None", "kms_cmk_arn": "False"}),

		app("example-nodejs", "website", "ecs", "aws_ecs", nil),
		app("example-nodejs-rds", "website", "ecs", "aws_ecs", nil),
		app("example-nodejs-microservice", "service", "ecs", "aws_ecs", map[string]string{"VALUES": "          app_health_endpoint: /health\n"}),
		app("example-python-flask", "website", "ecs", "aws_ecs", map[string]string{"ENV": "{PORT: 8081, FLASK_RUN_PORT: 8081}"}),
		app("example-springboot", "service", "ecs", "aws_ecs", map[string]string{"VALUES": "          greetee: World\n"}),
		app("example-tf-nodejs", "website", "ecs", "tf_aws_ecs", map[string]string{"PROPERTIES": "          APP_NAME=${{ parameters.component_id }}\n"}),
		kubernetes("example-eks-nodejs-rds-helm", "website", ""),
		kubernetes("example-eks-nodejs-rds-kustomize", "website", ""),
		kubernetes("example-python-flask-eks", "website", "          awsRegion: ${{ steps['getProviders'].output.region }}\n          awsAccount: ${{ steps['getProviders'].output.account }}\n"),
		kubernetes("example-springboot-eks", "service", "          greetee: World\n"),
		app("example-serverless-rest-api", "service", "serverless", "aws_serverless_api", map[string]string{"INFO": componentInfo, "VALUES": kebabName}),
		app("aws-gen-ai-rag", "service", "gen-ai-serverless", "aws_serverless_api", map[string]string{"INFO": componentInfo, "VALUES": kebabName}),
	}
}

func provider(name, kind, fields, values string, form map[string]any) Template {
	return Template{Name: name, Shape: "provider", Group: providers, Values: form, marks: map[string]string{"TYPE": kind, "FIELDS": fields, "VALUES": values}}
}

func resource(name, kind, fields, properties, values string, form map[string]any) Template {
	form["environment"] = "awsenvironment:default/pay-ecs"
	return Template{Name: name, Shape: "resource", Group: resources, Values: form,
		marks: map[string]string{"TYPE": kind, "FIELDS": fields, "PROPERTIES": properties, "VALUES": values}}
}

func app(name, kind, runtime, common string, marks map[string]string) Template {
	all := map[string]string{"KIND": kind, "TYPE": runtime, "COMMON": common, "SUBTYPE": "aws-" + runtime, "ENV": "${{ parameters.nothing }}",
		"REPO": "${{ (parameters.repoUrl | parseRepoUrl).repo | lower }}"}
	for mark, text := range marks {
		all[mark] = text
	}
	return Template{Name: name, Shape: "app", Group: apps, Values: map[string]any{"environment": "awsenvironment:default/pay-" + runtime}, marks: all}
}

func kubernetes(name, kind, values string) Template {
	t := app(name, kind, "eks", "aws_eks", map[string]string{
		"FIELDS": binding, "VALUES": "          namespace: ${{ parameters.namespace | lower }}\n          k8sRole: ${{ parameters.existingK8sNamespaceAdminRole | default('', true) }}\n" + values,
		"REPO":       "${{ (parameters.repoUrl | parseRepoUrl)['repo'] | lower }}",
		"PROPERTIES": "          NAMESPACE={% if parameters.namespace %}${{ parameters.namespace }}{% endif %}\n          BINDING=${{ parameters.k8sIAMRoleBindingType }}\n",
	})
	t.Values["namespace"], t.Values["k8sIAMRoleBindingType"] = "Shop", "create_new_k8s_namespace_admin_iam_role"
	return t
}

// What templates of one shape have besides.
const (
	network = `        vpc_configuration: {title: Network, type: string, default: create_new, enum: [create_new, use_existing], enumNames: [A new one, One that is there]}
      dependencies:
        vpc_configuration:
          oneOf:
            - properties: {vpc_configuration: {enum: [use_existing]}, vpc_id: {title: Id, type: string, pattern: "^vpc-"}}
              required: [vpc_id]
            - properties: {vpc_configuration: {enum: [create_new]}, cidr: {title: Addresses, type: string, default: 10.0.0.0/24}}
              required: [cidr]
`
	machines = `    - title: Its machines
      properties:
        ec2InstanceType: {title: Type, type: string, default: p2, enum: [p2.xlarge, p3.2xlarge, g5g.xlarge]}
        ec2MaxCapacity: {title: At most, type: number, maximum: 9}
`
	machineValues = "          nodeType: ${{ parameters.ec2InstanceType }}\n          nodes: ${{ parameters.ec2MaxCapacity | default(0, true) }}\n"
	cluster       = `    - title: Its cluster
      required: [apiAccess, nodeType]
      properties:
        clusterAdminRole: {title: Role of administrators, type: string}
        apiAccess: {title: Access, type: string, enum: [private, public_and_private]}
        nodeType: {title: Nodes, type: string, enum: [FARGATE, MANAGED]}
      dependencies:
        apiAccess:
          oneOf:
            - properties: {apiAccess: {enum: [private]}}
            - properties: {apiAccess: {enum: [public_and_private]}, apiAccessCidrs: {title: From, type: string}}
              required: [apiAccessCidrs]
        nodeType:
          oneOf:
            - properties: {nodeType: {enum: [FARGATE]}}
            - properties: {nodeType: {enum: [MANAGED]}, instanceType: {title: Type, type: string}, nodeGroupMin: {title: At least, type: number}}
`
	nodeValues = "          nodeType: ${{ parameters.nodeType | default('', true) }}\n          nodes: ${{ parameters.nodeGroupMin | default(0, true) }}/${{ parameters.nodeGroupMax | default(0, true) }}\n"
	existing   = `        existingClusterName: {title: Cluster, type: string}
        clusterAdminRole: {title: Role of administrators, type: string}
        createK8sOpaResources: {title: Prepare it, type: boolean, default: false}
        kubectlLambdaConfiguration: {title: Function, type: string, enum: [create_new, use_existing]}
      dependencies:
        kubectlLambdaConfiguration:
          oneOf:
            - properties: {kubectlLambdaConfiguration: {enum: [create_new]}}
            - properties: {kubectlLambdaConfiguration: {enum: [use_existing]}, kubectlLambdaArn: {title: ARN, type: string}}
              required: [kubectlLambdaArn]
`
	database = `    - title: The database
      required: [dbName, dbObjectName, db_type, instance_size]
      properties:
        dbName: {title: Database, type: string, default: usersdb}
        dbObjectName: {title: Table, type: string, default: user}
        db_type: {title: Engine, type: string, enum: [PostgreSQL, MySQL, MariaDB, Aurora PostgreSQL, Aurora MySQL]}
        instance_size: {title: Size, type: string, enum: [small, medium, large]}
`
	bucket = `    - title: The bucket
      required: [bucketName]
      properties:
        bucketName: {title: Bucket, type: string, minLength: 3, maxLength: 63, pattern: '(?!(^xn--|.+-s3alias$))^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$'}
`
	secret = `    - title: The secret
      properties:
        cross_account_roles: {title: Roles, type: string, pattern: '^(arn:aws:iam::\d{12}:role/[\w+=,.@/-]+,?)*$'}
        hosted_rotation: {title: Rotation, type: string, default: None, enum: [None, MySQL single user, PostgreSQL single user]}
        kms_cmk_arn: {title: Own key, type: string, default: false, enum: ["False", "True"]}
`
	binding = `    - title: In the cluster
      required: [namespace, k8sIAMRoleBindingType]
      properties:
        namespace: {title: Namespace, type: string}
        k8sIAMRoleBindingType: {title: Role, type: string, enum: [create_new_k8s_namespace_admin_iam_role, existing_new_k8s_namespace_admin_iam_role]}
      dependencies:
        k8sIAMRoleBindingType:
          oneOf:
            - properties: {k8sIAMRoleBindingType: {enum: [create_new_k8s_namespace_admin_iam_role]}}
            - properties: {k8sIAMRoleBindingType: {enum: [existing_new_k8s_namespace_admin_iam_role]}, existingK8sNamespaceAdminRole: {title: ARN, type: string}}
              required: [existingK8sNamespaceAdminRole]
`
	componentInfo = `    - id: getComponentInfo
      name: The component's name
      action: @FAMILY@get-component-info
      input: {componentName: "${{ parameters.component_id }}"}
`
	kebabName = "          kebabName: ${{ steps['getComponentInfo'].output.kebabCaseComponentName }}\n"
)
