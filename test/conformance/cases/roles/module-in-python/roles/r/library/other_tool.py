from ansible.module_utils.basic import AnsibleModule

AnsibleModule({"name": {}, "level": {}, "state": {}}).exit_json(changed=True)
