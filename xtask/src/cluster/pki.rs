//! Certificates and kubeconfigs: one authority for the cluster, one for the API server as a proxy.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use super::layout::{API_PORT, API_SERVICE, Layout, Machine};

/// The names by which pods call the API server.
const API_NAMES: [&str; 4] = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];

/// Who is above all rules.
const MASTERS: &str = "system:masters";

/// An authority that signs.
struct Authority(Issuer<'static, KeyPair>);

/// Makes everything that the control plane and the nodes need, and the administrator's kubeconfig.
pub(crate) fn create(layout: &Layout, nodes: impl Iterator<Item = Machine>) -> Result<()> {
    fs::create_dir_all(layout.pki(""))?;
    let authority = Authority::new(layout, "ca")?;
    authority.server(layout, "apiserver", "kube-apiserver", &api_names(layout))?;
    authority.client(
        layout,
        "apiserver-kubelet",
        "kube-apiserver-kubelet",
        MASTERS,
    )?;
    for (name, user) in [
        ("controller-manager", "system:kube-controller-manager"),
        ("scheduler", "system:kube-scheduler"),
        ("kube-proxy", "system:kube-proxy"),
    ] {
        authority.client(layout, name, user, "")?;
        kubeconfig(layout, name, &layout.pki(&format!("{name}.kubeconfig")))?;
    }
    authority.client(layout, "admin", "admin", MASTERS)?;
    kubeconfig(layout, "admin", &layout.kubeconfig())?;
    for node in nodes {
        let name = node.name();
        authority.client(
            layout,
            &name,
            &format!("system:node:{name}"),
            "system:nodes",
        )?;
        kubeconfig(layout, &name, &layout.pki(&format!("{name}.kubeconfig")))?;
        let names = [name.clone(), node.address(), node.address_v6()];
        authority.server(layout, &format!("kubelet-{name}"), &name, &names)?;
    }
    let proxy = Authority::new(layout, "front-proxy-ca")?;
    proxy.client(layout, "front-proxy", "front-proxy-client", "")?;
    let accounts = KeyPair::generate()?;
    write(&layout.pki("accounts.key"), &accounts.serialize_pem())?;
    write(&layout.pki("accounts.pub"), &accounts.public_key_pem())
}

fn api_names(layout: &Layout) -> Vec<String> {
    let mut names = API_NAMES.map(str::to_owned).to_vec();
    let addresses = [
        API_SERVICE,
        "fd6e:66:0:ffff::1",
        "127.0.0.1",
        "localhost",
        &layout.control().address(),
        &layout.control().address_v6(),
    ];
    names.extend(addresses.map(str::to_owned));
    names
}

impl Authority {
    fn new(layout: &Layout, name: &str) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
        ];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        write(&layout.pki(&format!("{name}.crt")), &certificate.pem())?;
        write(&layout.pki(&format!("{name}.key")), &key.serialize_pem())?;
        Ok(Self(Issuer::new(params, key)))
    }

    fn server(&self, layout: &Layout, file: &str, user: &str, names: &[String]) -> Result<()> {
        let mut params = CertificateParams::new(names)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(layout, file, user, "", params)
    }

    fn client(&self, layout: &Layout, file: &str, user: &str, group: &str) -> Result<()> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(layout, file, user, group, params)
    }

    fn sign(
        &self,
        layout: &Layout,
        file: &str,
        user: &str,
        group: &str,
        mut params: CertificateParams,
    ) -> Result<()> {
        let name = &mut params.distinguished_name;
        // The subject's common name is the user, its organization the group.
        name.remove(DnType::CommonName);
        name.push(DnType::CommonName, user);
        if !group.is_empty() {
            name.push(DnType::OrganizationName, group);
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        write(&layout.pki(&format!("{file}.crt")), &certificate.pem())?;
        write(&layout.pki(&format!("{file}.key")), &key.serialize_pem())
    }
}

/// Writes a kubeconfig for the client certificate of this name.
fn kubeconfig(layout: &Layout, client: &str, to: &Path) -> Result<()> {
    let text = format!(
        "apiVersion: v1\n\
         kind: Config\n\
         clusters:\n\
         - name: netfault-test\n  \
           cluster:\n    \
             server: https://{}:{API_PORT}\n    \
             certificate-authority: {}\n\
         users:\n\
         - name: {client}\n  \
           user:\n    \
             client-certificate: {}\n    \
             client-key: {}\n\
         contexts:\n\
         - name: {client}@netfault-test\n  \
           context:\n    \
             cluster: netfault-test\n    \
             user: {client}\n\
         current-context: {client}@netfault-test\n",
        layout.control().address(),
        layout.pki("ca.crt").display(),
        layout.pki(&format!("{client}.crt")).display(),
        layout.pki(&format!("{client}.key")).display(),
    );
    write(to, &text)
}

fn write(file: &Path, text: &str) -> Result<()> {
    let explain = || format!("could not write {}", file.display());
    fs::write(file, text).with_context(explain)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).with_context(explain)
}
