# What the program would refuse, as far as Terraform can tell. `sleuth rules check` knows all of it.

locals {
  # An attribute that is empty is as if it were not there.
  rules = [
    for rule in var.rules : { for name, value in rule : name => trimspace(value) if trimspace(coalesce(value, " ")) != "" }
  ]

  attributes = [
    "Action", "Aliases", "Default", "Grace", "IamUser", "Managed", "Name", "OnViolation", "Pattern", "Regions", "Required",
    "RuleId", "States", "TagKey", "Tagged", "Values", "Vpcs",
  ]

  # Rules as they are checked: every attribute is there, lists are lists, words are in lower case.
  read = [
    for index, rule in local.rules : {
      label    = lookup(rule, "RuleId", "without RuleId, number ${index + 1}")
      rule     = rule
      id       = lookup(rule, "RuleId", "")
      tag      = lookup(rule, "TagKey", "")
      required = lower(lookup(rule, "Required", ""))
      action   = lower(lookup(rule, "Action", ""))
      # Who launched an instance is called Undefined where nobody knows and the rule does not say.
      sets    = lookup(rule, "Default", lower(lookup(rule, "Action", "")) == "userlookup" ? "Undefined" : "")
      values  = [for value in split("|", lookup(rule, "Values", "")) : trimspace(value) if contains(keys(rule), "Values")]
      aliases = [for alias in split(",", lookup(rule, "Aliases", "")) : trimspace(alias) if contains(keys(rule), "Aliases")]
      regions = [for region in split(",", lookup(rule, "Regions", "")) : trimspace(region) if contains(keys(rule), "Regions")]
      vpcs    = [for vpc in split(",", lookup(rule, "Vpcs", "")) : trimspace(vpc) if contains(keys(rule), "Vpcs")]
      # By default a rule is about instances that run or are stopped.
      states = [for state in split(",", lookup(rule, "States", "running,stopped")) : lower(trimspace(state))]
    }
  ]

  # What must hold of a rule by itself, and what is said if it does not.
  claims = flatten([
    for one in local.read : [
      for claim in concat(
        [for name in keys(one.rule) : {
          holds = contains(local.attributes, name)
          text  = "`${name}` is unknown: must be one of ${join(", ", local.attributes)}"
        }],
        [for name in ["Required", "IamUser", "Tagged"] : {
          holds = contains(["y", "n"], lower(lookup(one.rule, name, "n")))
          text  = "`${name}` must be `Y` or `N`, not `${lookup(one.rule, name, "")}`"
        }],
        [for region in one.regions : {
          holds = can(regex("^[a-z]{2,}(-[a-z]{2,})+-[0-9]{1,2}$", region))
          text  = "`Regions` names `${region}`, which is no region; `eu-west-1` is one"
        }],
        [for vpc in one.vpcs : {
          holds = can(regex("^vpc-([0-9a-f]{8}|[0-9a-f]{17})$", vpc))
          text  = "`Vpcs` names `${vpc}`, which is no id of a VPC; `vpc-` and 8 or 17 of 0-9 and a-f are one"
        }],
        [for state in one.states : {
          holds = contains(["pending", "running", "stopping", "stopped"], state)
          text  = "`States` must be `pending`, `running`, `stopping` or `stopped`, not `${state}`"
        }],
        [for key in concat([one.tag], one.aliases) : {
          holds = key != "" && length(key) <= 128
          text  = "`${key == one.tag ? "TagKey" : "Aliases"}` must be a key of 1 to 128 characters, not `${key}`"
        }],
        [for value in concat(one.values, [one.sets]) : {
          holds = length(value) <= 256
          text  = "`${value}` has ${length(value)} characters; a tag value has at most 256"
        }],
        [for name in ["Pattern", "Name"] : {
          # Of a text that does not match it finds nothing; only of what is no pattern it fails.
          holds = can(regexall(lookup(one.rule, name, ""), ""))
          text  = "`${name}` is no regular expression: `${lookup(one.rule, name, "")}`"
        }],
        [for name in ["Action", "Aliases", "IamUser", "Pattern", "Values"] : {
          holds = one.tag != "*" || !contains(keys(one.rule), name)
          text  = "`${name}` cannot be asked of `*`, which stands for any tag"
        }],
        [for list in [one.values, one.aliases, one.regions, one.vpcs] : {
          holds = length(list) == length(distinct(list)) && !contains(list, "")
          text  = "`${join(",", list)}` names something twice, or nothing"
        }],
        [
          {
            holds = can(regex("^[0-9]+$", one.id))
            text  = "`RuleId` must be a whole number, not `${one.id}`"
          },
          {
            holds = one.required != ""
            text  = "`Required` is missing: it must be `Y` or `N`"
          },
          {
            holds = contains(["", "update", "userlookup", "function"], one.action)
            text  = "`Action` must be `Update`, `UserLookup` or `Function`, not `${lookup(one.rule, "Action", "")}`"
          },
          {
            holds = one.action != "" || one.sets == ""
            text  = "`Default` needs an `Action`: `Update`, `UserLookup` or `Function`"
          },
          {
            holds = one.action != "update" || one.sets != ""
            text  = "`Default` is missing: the action `Update` sets it"
          },
          {
            holds = one.action != "function" || (
              can(regex("^today\\(\\)(\\+[0-9]{1,5}d)?$", lower(replace(one.sets, "/\\s/", "")))) &&
              try(tonumber(regex("[0-9]+", one.sets)), 0) <= 36500
            )
            text = "`Default` must be `today()` or `today()+30d` for the action `Function`, not `${one.sets}`"
          },
          {
            holds = !contains(["update", "userlookup"], one.action) || length(one.values) == 0 || contains(one.values, one.sets)
            text  = "`Default` sets `${one.sets}`, which is none of the allowed values"
          },
          {
            holds = !contains(["update", "userlookup"], one.action) || try(
              length(regexall("^(?:${lookup(one.rule, "Pattern", ".*")})$", one.sets)) > 0, true
            )
            text = "`Default` sets `${one.sets}`, which does not match the pattern `${lookup(one.rule, "Pattern", "")}`"
          },
          {
            holds = one.action == "" || !startswith(lower(one.tag), "aws:")
            text  = "`Action` cannot set `${one.tag}`: only AWS writes tags that begin with `aws:`"
          },
          {
            holds = contains(["notify", "stop", "terminate"], lower(lookup(one.rule, "OnViolation", "notify")))
            text  = "`OnViolation` must be `notify`, `stop` or `terminate`, not `${lookup(one.rule, "OnViolation", "")}`"
          },
          {
            holds = contains(["notify", "act"], lower(lookup(one.rule, "Managed", "notify")))
            text  = "`Managed` must be `notify` or `act`, not `${lookup(one.rule, "Managed", "")}`"
          },
          {
            holds = can(regex("^[0-9]+[mhd]?$", lookup(one.rule, "Grace", "0"))) && try(
              tonumber(regex("^[0-9]+", lookup(one.rule, "Grace", "0"))) * lookup(
                { h = 60, d = 1440 }, substr(lookup(one.rule, "Grace", "0"), -1, 1), 1
              ) <= 525600, false
            )
            text = "`Grace` must be minutes from 0 to 525600, or a text such as `90m`, `2h` or `3d`, not `${lookup(one.rule, "Grace", "")}`"
          },
          {
            # A tag that is there and empty is wrong where it is repaired.
            holds = one.required != "n" || one.action != "" || anytrue([
              contains(keys(one.rule), "Values"),
              contains(keys(one.rule), "Pattern"),
              lower(lookup(one.rule, "IamUser", "n")) != "n",
            ])
            text = "the rule can never be violated: the tag is not required, and every value is allowed"
          },
          {
            holds = lower(lookup(one.rule, "Tagged", "")) != "n" || !contains(keys(one.rule), "Name")
            text  = "`Tagged` is `N`, but the scope asks for tags: there is no such instance"
          },
          {
            holds = one.tag != "*" || (lower(lookup(one.rule, "Tagged", "")) != "y" && !contains(keys(one.rule), "Name"))
            text  = "the rule can never be violated: every instance in its scope has a tag"
          },
        ],
      ) : "rule ${one.label}: ${claim.text}" if !claim.holds
    ]
  ])

  # Rules that repair a tag, each with the others that come after it.
  repairing = [for one in local.read : one if one.action != ""]
  clashes = flatten([
    for index, one in local.repairing : [
      for other in slice(local.repairing, index + 1, length(local.repairing)) :
      "rule ${other.label}: `Action` sets the same tag as the rule ${one.label}, and an instance can be in the scope of both"
      if alltrue([
        contains([for key in concat([one.tag], one.aliases) : lower(key)], lower(other.tag)) ||
        contains([for key in concat([other.tag], other.aliases) : lower(key)], lower(one.tag)),
        length(one.regions) == 0 || length(other.regions) == 0 || length(setintersection(one.regions, other.regions)) > 0,
        length(one.vpcs) == 0 || length(other.vpcs) == 0 || length(setintersection(one.vpcs, other.vpcs)) > 0,
        length(setintersection(one.states, other.states)) > 0,
        # One is about instances without tags, the other about those with some.
        !contains(["ny", "yn"], lower("${lookup(one.rule, "Tagged", contains(keys(one.rule), "Name") ? "y" : "")}${lookup(other.rule, "Tagged", contains(keys(other.rule), "Name") ? "y" : "")}")),
      ])
    ]
  ])

  mistakes = concat(
    local.claims,
    [
      for id, rules in { for one in local.read : one.id => one... } : "rule ${id}: `RuleId` names another rule already"
      if id != "" && length(rules) > 1
    ],
    local.clashes,
  )
}
